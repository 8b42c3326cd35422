/**
 * Runs a playbook's text against hosts in memory, with the whole engine between: a test of the engine is a playbook, what
 * the hosts are like, and what came of it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DiagnosticError, type Diagnostic } from '../../runner/diagnostic/diagnostic.ts'
import type { Shown } from '../../runner/diff/show.ts'
import { MemoryPort, type MemoryHost } from '../../runner/port/memory/memory-port.ts'
import type { ConnectionSettings, Port } from '../../runner/port/port.ts'
import { colourless } from '../../runner/report/colours.ts'
import type { RunEvent } from '../../runner/report/event.ts'
import { HumanReporter } from '../../runner/report/human.ts'
import { JsonReporter } from '../../runner/report/json.ts'
import { Secrets } from '../../runner/resolve/secrets.ts'
import type { Stats } from '../../runner/run/host.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../../runner/run/options.ts'
import type { Outcome } from '../../runner/run/outcome.ts'
import { exitCodeOf, load, run } from '../../runner/run/run.ts'
import { NO_CLOUD } from './cloud.ts'

export interface Setup {
  /** An inventory in YAML or INI; by default the hosts below, by name. */
  readonly inventory?: string
  /** What the hosts are like, by name. Default: one host `a` with nothing on it. */
  readonly hosts?: Readonly<Record<string, MemoryHost>>
  /** Files beside the playbook by their path: templates, roles, `library/NAME.js`. */
  readonly files?: Readonly<Record<string, string>>
  readonly options?: Partial<RunOptions>
  /** Further playbooks, run after the first. */
  readonly more?: readonly string[]
  /** Wraps the port to a host: to lose connections, to count. */
  readonly port?: (port: MemoryPort, settings: ConnectionSettings) => Port
  readonly interrupted?: (events: readonly RunEvent[]) => boolean
  /** Values that are secret from the start, as if they came from a vault. */
  readonly secrets?: readonly string[]
  readonly verbosity?: number
  readonly showDiffs?: boolean
}

interface TaskResult {
  readonly task: string
  readonly host: string
  readonly outcome: Outcome
}

export interface Played {
  readonly exitCode: number
  readonly events: readonly RunEvent[]
  /** Every result of a host, in order. */
  readonly results: readonly TaskResult[]
  /** As one reads them: `TASK host: changed`. */
  readonly story: readonly string[]
  readonly stats: ReadonlyMap<string, Stats>
  readonly diagnostics: readonly Diagnostic[]
  /** What the human report and the JSON document printed, and what went to stderr. */
  readonly human: string
  readonly json: string
  readonly document: Document
  readonly errors: string
  readonly ports: Readonly<Record<string, MemoryPort>>
  /** Connections that were opened, in order. */
  readonly opened: readonly ConnectionSettings[]
  /** The outcome of a task on a host (default: the first that ran it). */
  readonly of: (task: string, host?: string) => Outcome
}

interface Document {
  readonly plays: readonly {
    readonly play: Record<string, unknown>
    readonly tasks: readonly { readonly task: Record<string, unknown>; readonly hosts: Readonly<Record<string, Record<string, unknown>>> }[]
  }[]
  readonly stats: Readonly<Record<string, Record<string, number>>>
  readonly custom_stats: object
  readonly global_custom_stats: object
}

/** Plays a playbook's text. Faults that refuse the run are in `diagnostics`, with the exit code that they make. */
export async function play(playbook: string, setup: Setup = {}): Promise<Played> {
  const folder = mkdtempSync(path.join(tmpdir(), 'playline-test-'))
  try {
    return await playIn(folder, playbook, setup)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function playIn(folder: string, playbook: string, setup: Setup): Promise<Played> {
  const hosts = setup.hosts ?? { a: {} }
  const write = (name: string, text: string): string => {
    const absolute = path.join(folder, name)
    mkdirSync(path.dirname(absolute), { recursive: true })
    writeFileSync(absolute, text)
    return absolute
  }
  for (const [name, text] of Object.entries(setup.files ?? {})) write(name, text)
  const playbooks = [playbook, ...(setup.more ?? [])].map((text, index) => write(`playbook${index}.yml`, text))
  const inventory = write('hosts', setup.inventory ?? `${Object.keys(hosts).join('\n')}\n`)

  const ports: Record<string, MemoryPort> = {}
  const opened: ConnectionSettings[] = []
  const openPort = (settings: ConnectionSettings): Port => {
    opened.push(settings)
    const port = (ports[settings.hostName] ??= new MemoryPort(everyHost(hosts[settings.hostName] ?? {})))
    return setup.port?.(port, settings) ?? port
  }
  const secrets = new Secrets()
  for (const secret of setup.secrets ?? []) secrets.add(secret)
  const events: RunEvent[] = []
  let human = ''
  let json = ''
  let errors = ''
  const options: RunOptions = { ...DEFAULT_OPTIONS, diff: true, ...setup.options }
  const writeError = (text: string): void => void (errors += text)
  const reporters = [
    new HumanReporter({
      write: (text) => void (human += text),
      writeError,
      secrets,
      colours: colourless,
      showDiffs: setup.showDiffs ?? true,
      verbosity: options.verbosity,
      live: undefined,
    }),
    new JsonReporter({ write: (text) => void (json += text), writeError: () => undefined, secrets, showDiffs: options.diff }),
  ]
  const emit = (event: RunEvent): void => {
    events.push(event)
    for (const reporter of reporters) reporter.handle(event)
  }
  const refused: Diagnostic[] = []
  let exitCode: number
  try {
    const loaded = await load({ playbooks, inventories: [inventory], options, secrets, emit, openPort, cloud: NO_CLOUD })
    exitCode = await run(loaded, () => setup.interrupted?.(events) ?? false)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    refused.push(...error.diagnostics)
    exitCode = exitCodeOf(error)
  } finally {
    for (const reporter of reporters) reporter.close()
  }
  const results = resultsOf(events)
  return {
    exitCode,
    events,
    results,
    story: results.map(({ task, host, outcome }) => `${task} ${host}: ${statusOf(outcome)}`),
    stats: events.flatMap((event) => (event.kind === 'run-end' ? [event.stats] : []))[0] ?? new Map<string, Stats>(),
    diagnostics: [...events.flatMap((event) => (event.kind === 'diagnostic' ? [event.diagnostic] : [])), ...refused],
    human,
    json,
    document: JSON.parse(json === '' ? '{}' : json) as Document,
    errors,
    ports,
    opened,
    of: (task, host) => {
      const found = results.find((each) => each.task === task && (host === undefined || each.host === host))
      if (!found)
        throw new Error(
          `no result of '${task}'${host === undefined ? '' : ` on ${host}`}; there are: ${results.map((each) => `${each.task} ${each.host}`).join(', ')}`,
        )
      return found.outcome
    },
  }
}

/** What every host can answer: who one is there. */
function everyHost(host: MemoryHost): MemoryHost {
  const { queries } = host
  return {
    ...host,
    queries: (argv, port) => {
      const own = typeof queries === 'function' ? queries(argv, port) : queries?.[argv.join(' ')]
      return own ?? (argv[0] === 'id' ? 'uid=0(root) gid=0(root) groups=0(root)\n' : undefined)
    },
  }
}

/** Task by task; the hosts of one task by their names, whichever was faster. */
function resultsOf(events: readonly RunEvent[]): TaskResult[] {
  const tasks: TaskResult[][] = []
  let task = ''
  for (const event of events) {
    if (event.kind === 'task-start') {
      task = event.name
      tasks.push([])
    } else if (event.kind === 'host-result') tasks.at(-1)!.push({ task, host: event.host, outcome: event.outcome })
  }
  return tasks.flatMap((results) => results.sort((a, b) => a.host.localeCompare(b.host)))
}

/** One word for an outcome, as the human report has it. */
export function statusOf(outcome: Outcome): string {
  if (outcome.unreachable) return outcome.ignored ? 'unreachable ignored' : 'unreachable'
  if (outcome.failure) return outcome.ignored ? 'ignored' : 'failed'
  if (outcome.unknown !== undefined) return `unknown (${outcome.unknown})`
  if (outcome.skipped) return 'skipped'
  return outcome.changed ? 'changed' : 'ok'
}

/** What a task showed of its changes, a line each. */
export function changesOf(outcome: Outcome): string[] {
  return [...outcome.shown, ...(outcome.items ?? []).flatMap((each) => each.outcome.shown)].map(shownLine)
}

export function shownLine(shown: Shown): string {
  switch (shown.kind) {
    case 'text':
      return `${shown.label}: ${JSON.stringify(shown.before)} → ${JSON.stringify(shown.after)}`
    case 'value':
      return `${shown.label}: ${shown.before} → ${shown.after}`
    case 'withheld':
      return `${shown.label}: withheld (${shown.reason})`
    case 'event':
      return `! ${shown.name} ${shown.target}`
  }
}
