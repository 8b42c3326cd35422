/** A run as text for a person: what changed, line by line, and nothing that is secret. */
import { createTwoFilesPatch } from 'diff'
import { renderDiagnostic, type Palette } from '../diagnostic/render.ts'
import type { Shown } from '../diff/show.ts'
import type { Secrets } from '../resolve/secrets.ts'
import type { Outcome } from '../run/outcome.ts'
import { printLabel, resultDict } from '../run/result.ts'
import { toJson } from '../value/convert.ts'
import { print } from '../value/print.ts'
import { Dict, Unknown, type Value } from '../value/value.ts'
import type { LiveLine } from './live.ts'
import type { Reporter, RunEvent } from './event.ts'

/** Colours, by what they mean. */
export interface Colours extends Palette {
  readonly ok: (text: string) => string
  readonly changed: (text: string) => string
  readonly failed: (text: string) => string
  readonly skipped: (text: string) => string
  readonly unknown: (text: string) => string
  readonly title: (text: string) => string
  readonly dim: (text: string) => string
  readonly added: (text: string) => string
  readonly removed: (text: string) => string
}

export interface HumanOptions {
  readonly colours: Colours
  readonly write: (text: string) => void
  /** Diagnostics go here, beside the report. */
  readonly writeError: (text: string) => void
  readonly secrets: Secrets
  readonly showDiffs: boolean
  readonly verbosity: number
  /** The line that shows what hosts are at; undefined without a terminal. */
  readonly live: LiveLine | undefined
}

/** Texts in results above this many lines are cut, with a word on how much is missing. */
const MAX_RESULT_LINES = 400

export class HumanReporter implements Reporter {
  readonly #options: HumanOptions
  readonly #busy = new Set<string>()
  /** Tasks that have begun, by their start. */
  readonly #started = new Map<number, Extract<RunEvent, { kind: 'task-start' }>>()
  #current: Extract<RunEvent, { kind: 'task-start' }> | undefined
  #headerOf: number | undefined
  #check = false

  constructor(options: HumanOptions) {
    this.#options = options
  }

  handle(event: RunEvent): void {
    const { colours } = this.#options
    switch (event.kind) {
      case 'run-start':
        this.#check = event.check
        if (event.check) this.#line(colours.dim('check: nothing is changed on any host'))
        break
      case 'play-start':
        this.#line('', colours.title(`PLAY [${event.name}]`) + colours.dim(`  ${event.hosts.length === 1 ? event.hosts[0]! : `${event.hosts.length} hosts`}`))
        break
      case 'no-hosts':
        this.#line('', colours.title(`PLAY [${event.play}]`), colours.skipped(`skipped: ${event.reason}`))
        break
      case 'task-start':
        this.#started.set(event.start, event)
        this.#current = event
        break
      case 'host-start':
        this.#busy.add(event.host)
        this.#showLive()
        break
      case 'host-retry':
        this.#header()
        this.#line(colours.dim(`  ${event.host}: not yet (${event.message}), ${event.attemptsLeft} ${event.attemptsLeft === 1 ? 'attempt' : 'attempts'} left`))
        break
      case 'host-result':
        this.#busy.delete(event.host)
        this.#current = this.#started.get(event.of)
        this.#header()
        this.#result(event.host + (event.delegatedTo === undefined ? '' : ` → ${event.delegatedTo}`), event.action, event.outcome)
        this.#showLive()
        break
      case 'diagnostic':
        this.#options.live?.hide()
        this.#options.writeError(this.#options.secrets.mask(renderDiagnostic(event.diagnostic, colours)) + '\n')
        break
      case 'run-end':
        this.#recap(event)
        break
      case 'play-end':
        break
    }
  }

  close(): void {
    this.#options.live?.hide()
  }

  #header(): void {
    const task = this.#current
    if (!task || this.#headerOf === task.start) return
    this.#headerOf = task.start
    this.#line('', this.#options.colours.title(`${task.isHandler ? 'HANDLER' : 'TASK'} [${task.name}]`))
  }

  #result(host: string, action: string, outcome: Outcome): void {
    if (outcome.items) {
      for (const each of outcome.items)
        this.#one(`${host} (${shorten(each.outcome.censored ? 'censored' : printLabel(each.label ?? each.item))})`, action, {
          ...each.outcome,
          diff: outcome.diff,
        })
      if (outcome.items.length === 0) this.#one(host, action, outcome)
      else if (outcome.ignored && outcome.unreachable) this.#line(this.#options.colours.dim(`  ${host}: the failure is ignored`))
      return
    }
    this.#one(host, action, outcome)
  }

  #one(host: string, action: string, outcome: Outcome): void {
    const { colours } = this.#options
    const time = outcome.durationMs === undefined ? '' : colours.dim(`  ${seconds(outcome.durationMs)}`)
    const [word, paint] = this.#status(outcome)
    const why = this.#reason(outcome)
    this.#line(`  ${paint(word)} ${host}${why === '' ? '' : `: ${why}`}${time}`)
    if (outcome.censored) {
      if (outcome.failure ?? outcome.unreachable) this.#line(colours.dim('    (no_log: the output is not shown)'))
      return
    }
    this.#changes(outcome.shown, outcome.diff ?? this.#options.showDiffs)
    const failure = outcome.unreachable ?? outcome.failure
    if (failure?.diagnostic?.range) this.#indented(renderDiagnostic({ ...failure.diagnostic, detail: failure.detail, severity: 'error' }, colours))
    else if (failure) {
      const detail = failure.detail ?? programWords(outcome.data)
      if (detail !== undefined) this.#indented(detail)
      if (failure.diagnostic?.hint !== undefined) this.#indented(`${colours.hint('hint:')} ${failure.diagnostic.hint}`)
    }
    const plain = action.replace(/^ansible\.(?:builtin|legacy)\./, '')
    if (plain === 'debug' && !outcome.skipped && outcome.unknown === undefined) this.#indented(debugText(outcome.data))
    else if (this.#options.verbosity > 0 && outcome.data.size > 0) this.#indented(json(resultDict(outcome)))
  }

  #status(outcome: Outcome): [string, (text: string) => string] {
    const { colours } = this.#options
    const wide = (word: string): string => word.padEnd(12)
    if (outcome.unreachable) return [wide('unreachable'), colours.failed]
    if (outcome.failure) return [wide(outcome.ignored ? 'ignored' : 'failed'), outcome.ignored ? colours.changed : colours.failed]
    if (outcome.unknown !== undefined) return [wide('unknown'), colours.unknown]
    if (outcome.skipped) return [wide('skipped'), colours.skipped]
    if (outcome.changed) return [wide(outcome.check ? 'would change' : 'changed'), colours.changed]
    return [wide('ok'), colours.ok]
  }

  #reason(outcome: Outcome): string {
    if (outcome.censored) return ''
    const failure = outcome.unreachable ?? outcome.failure
    if (failure) return failure.message
    if (outcome.unknown !== undefined) return outcome.skipped ? outcome.skipped.reason : `because of ${outcome.unknown}`
    if (outcome.skipped) return outcome.skipped.condition !== undefined ? `not true: ${outcome.skipped.condition}` : outcome.skipped.reason
    return ''
  }

  #changes(shown: readonly Shown[], showDiffs: boolean): void {
    const { colours } = this.#options
    for (const change of shown) {
      if (change.kind === 'event') this.#line(`    ${colours.changed('!')} ${change.name} ${change.target}`)
      else if (change.kind === 'withheld') this.#line(`    ${colours.changed('~')} ${change.label}: ${colours.dim(change.reason)}`)
      else if (change.kind === 'value') this.#line(`    ${colours.changed('~')} ${change.label}: ${change.before} → ${change.after}`)
      else if (showDiffs) this.#patch(change)
      else this.#line(`    ${colours.changed('~')} ${change.label}: its content differs`)
    }
  }

  #patch(change: Extract<Shown, { kind: 'text' }>): void {
    const { colours } = this.#options
    const patch = createTwoFilesPatch(change.beforeHeader, change.afterHeader, change.before, change.after, undefined, undefined, { context: 3 })
    for (const line of patch.split('\n')) {
      if (line === '' || /^(?:Index: |={67}$)/.test(line)) continue
      const paint =
        line.startsWith('+++') || line.startsWith('---')
          ? colours.dim
          : line.startsWith('+')
            ? colours.added
            : line.startsWith('-')
              ? colours.removed
              : line.startsWith('@@')
                ? colours.dim
                : (text: string) => text
      this.#line(`    ${paint(line)}`)
    }
  }

  #recap(event: Extract<RunEvent, { kind: 'run-end' }>): void {
    const { colours } = this.#options
    this.#line('', colours.title('RECAP') + colours.dim(`  ${seconds(event.durationMs)}`))
    const width = Math.max(0, ...[...event.stats.keys()].map((name) => name.length))
    for (const [host, stats] of event.stats) {
      const count = (name: string, number: number, paint: (text: string) => string): string => (number > 0 ? paint : colours.dim)(`${name}=${number}`)
      const paint = stats.failures > 0 || stats.unreachable > 0 ? colours.failed : stats.changed > 0 ? colours.changed : colours.ok
      this.#line(
        `  ${paint(host.padEnd(width))} : ${[
          count('ok', stats.ok, colours.ok),
          count('changed', stats.changed, colours.changed),
          count('unreachable', stats.unreachable, colours.failed),
          count('failed', stats.failures, colours.failed),
          count('skipped', stats.skipped - stats.unknown, colours.skipped),
          count('rescued', stats.rescued, colours.ok),
          count('ignored', stats.ignored, colours.changed),
          ...(this.#check ? [count('unknown', stats.unknown, colours.unknown)] : []),
        ].join(' ')}`,
      )
    }
  }

  #indented(text: string): void {
    const lines = text.split('\n')
    for (const line of lines.slice(0, MAX_RESULT_LINES)) this.#line(`    ${line}`)
    if (lines.length > MAX_RESULT_LINES) this.#line(this.#options.colours.dim(`    … ${lines.length - MAX_RESULT_LINES} more lines`))
  }

  /** Everything that is printed goes through here, masked. */
  #line(...lines: string[]): void {
    this.#options.live?.hide()
    for (const line of lines) this.#options.write(visible(this.#options.secrets.mask(line)) + '\n')
  }

  #showLive(): void {
    this.#options.live?.show(this.#options.secrets.mask(`${this.#current?.name ?? ''}: ${[...this.#busy].join(', ')}`), this.#busy.size > 0)
  }
}

/** Control characters that a host sent would move the cursor or worse: they are shown as `^C`. Colours and tabs are left. */
function visible(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (found) => {
    if (found.length > 1) return found
    const code = found.charCodeAt(0)
    return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : code === 0x7f ? '^?' : `\\x${code.toString(16)}`
  })
}

/** `0.3 s`, `12 s`, `2 min 5 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const whole = Math.round(milliseconds / 1000)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function debugText(data: Dict): string {
  const message = data.get('msg')
  if (message !== undefined && data.size === 1) return typeof message === 'string' ? message : json(message)
  return [...data].map(([key, value]) => `${print(key)}: ${typeof value === 'string' ? value : json(value)}`).join('\n')
}

function json(value: Value): string {
  return toJson(withoutUnknown(value), { indent: 2, ensureAscii: false, maxLength: Infinity })
}

/** Unknown leaves as text, so that they can be printed. */
export function withoutUnknown(value: Value): Value {
  if (value instanceof Unknown) return `(unknown, because of ${value.cause})`
  if (Array.isArray(value)) return value.map(withoutUnknown)
  if (value instanceof Dict) {
    const dict = new Dict()
    for (const [key, item] of value) dict.set(key, withoutUnknown(item))
    return dict
  }
  return value
}

/** Of a program that failed, its last words; a document has the whole of them. */
const MAX_PROGRAM_LINES = 40

function programWords(data: Dict): string | undefined {
  const words = ['stderr', 'stdout'].map((key) => data.get(key)).filter((text): text is string => typeof text === 'string' && text.trim() !== '')
  return words.length === 0 ? undefined : words.join('\n').split('\n').slice(-MAX_PROGRAM_LINES).join('\n')
}
