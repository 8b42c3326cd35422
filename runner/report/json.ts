/** A run as one JSON document, in the shape of Ansible's `json` callback. */
import { renderDiagnostic } from '../diagnostic/render.ts'
import type { Shown } from '../diff/show.ts'
import type { Secrets } from '../resolve/secrets.ts'
import type { Outcome } from '../run/outcome.ts'
import { resultDict } from '../run/result.ts'
import { toJson } from '../value/convert.ts'
import { Dict, type Value } from '../value/value.ts'
import type { Reporter, RunEvent } from './event.ts'
import { withoutUnknown } from './human.ts'

export interface JsonOptions {
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly secrets: Secrets
  readonly showDiffs: boolean
}

interface PlayEntry {
  readonly play: Dict
  readonly duration: Dict
  readonly tasks: TaskEntry[]
}

interface TaskEntry {
  readonly task: Dict
  readonly duration: Dict
  readonly hosts: Dict
}

export class JsonReporter implements Reporter {
  readonly #options: JsonOptions
  readonly #plays: PlayEntry[] = []
  readonly #started = new Map<number, TaskEntry>()
  #stats = new Dict()
  #customStats = new Dict()
  #customStatsByHost = new Dict()
  #closed = false

  constructor(options: JsonOptions) {
    this.#options = options
  }

  handle(event: RunEvent): void {
    const play = this.#plays.at(-1)
    switch (event.kind) {
      case 'play-start': {
        const duration = Dict.of({ start: event.at.toISOString() })
        this.#plays.push({ play: Dict.of({ name: event.name, id: event.id, path: event.path, duration }), duration, tasks: [] })
        break
      }
      case 'no-hosts':
        this.#plays.push({ play: Dict.of({ name: event.play }), duration: new Dict(), tasks: [] })
        break
      case 'play-end':
        play?.duration.set('end', event.at.toISOString())
        break
      case 'task-start': {
        const duration = Dict.of({ start: event.at.toISOString() })
        const task = { task: Dict.of({ name: event.name, id: event.id, path: event.path, duration }), duration, hosts: new Dict() }
        this.#started.set(event.start, task)
        play?.tasks.push(task)
        break
      }
      case 'host-result': {
        const task = this.#started.get(event.of)
        task?.duration.set('end', event.at.toISOString())
        task?.hosts.set(event.host, this.#result(event.outcome, event.action))
        break
      }
      case 'diagnostic':
        this.#options.writeError(this.#options.secrets.mask(renderDiagnostic(event.diagnostic)) + '\n')
        break
      case 'run-end':
        this.#customStats = event.customStats
        this.#customStatsByHost = new Dict(event.customStatsByHost)
        this.#stats = Dict.of(
          Object.fromEntries(
            [...event.stats].map(([host, { ok, changed, unreachable, failures, skipped, rescued, ignored }]) => [
              host,
              Dict.of({ ok, changed, unreachable, failures, skipped, rescued, ignored }),
            ]),
          ),
        )
        break
      case 'run-start':
      case 'host-start':
      case 'host-retry':
        break
    }
  }

  /** Writes the document: also of a run that was refused (no plays) or broken off (what there is). */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    // Secrets are masked at the end: one that came to light late has not to be seen in what came before. Names of hosts are none.
    const masked = (value: Value): Value => maskValue(withoutUnknown(value), this.#options.secrets)
    const maskedHosts = (hosts: Dict): Dict => new Dict([...hosts].map(([host, result]) => [host, masked(result)]))
    const document = Dict.of({
      plays: this.#plays.map(({ play, tasks }) =>
        Dict.of({ play: masked(play), tasks: tasks.map((each) => Dict.of({ task: masked(each.task), hosts: maskedHosts(each.hosts) })) }),
      ),
      stats: this.#stats,
      custom_stats: masked(this.#customStatsByHost),
      global_custom_stats: masked(this.#customStats),
    })
    this.#options.write(toJson(document, { indent: 4, ensureAscii: false, maxLength: Infinity }) + '\n')
  }

  #result(outcome: Outcome, action: string): Dict {
    if (outcome.censored) {
      const result = Dict.of({
        censored: "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
        changed: outcome.changed,
        action,
      })
      if (outcome.failure) result.set('failed', true)
      if (outcome.unreachable) result.set('unreachable', true)
      if (outcome.skipped ?? outcome.unknown) result.set('skipped', true)
      return result
    }
    const result = resultDict(outcome)
    if (!outcome.failure) result.delete('failed')
    result.set('action', action)
    if (outcome.items) {
      const items = result.get('results') as Dict[]
      outcome.items.forEach((each, index) => this.#differences(items[index]!, each.outcome, outcome.diff))
    }
    this.#differences(result, outcome, outcome.diff)
    return result
  }

  /** Where Ansible's module has no `diff`, or a dry run cannot fill in its form, what differs stands under a name of its own. */
  #differences(result: Dict, outcome: Outcome, asked: boolean | undefined): void {
    if (!(asked ?? this.#options.showDiffs) || outcome.shown.length === 0 || result.has('diff')) return
    result.set('differences', outcome.shown.map(entryOf))
  }
}

function entryOf(shown: Shown): Dict {
  switch (shown.kind) {
    case 'text':
      return Dict.of({ before: shown.before, after: shown.after, before_header: shown.beforeHeader, after_header: shown.afterHeader })
    case 'value':
      return Dict.of({ before: `${shown.before}\n`, after: `${shown.after}\n`, before_header: shown.label, after_header: shown.label })
    case 'withheld':
      return Dict.of({ prepared: `${shown.label}: ${shown.reason}\n` })
    case 'event':
      return Dict.of({ prepared: `${shown.name} ${shown.target}\n` })
  }
}

function maskValue(value: Value, secrets: Secrets): Value {
  if (typeof value === 'string') return secrets.mask(value)
  if (Array.isArray(value)) return value.map((item) => maskValue(item, secrets))
  if (value instanceof Dict) {
    const dict = new Dict()
    for (const [key, item] of value) dict.set(typeof key === 'string' ? secrets.mask(key) : key, maskValue(item, secrets))
    return dict
  }
  return secrets.isInValue(value) ? '********' : value
}
