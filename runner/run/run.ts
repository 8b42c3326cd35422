/** A whole run: load, compile, check what can be checked, and play after play. */
import path from 'node:path'
import { existsSync } from 'node:fs'
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Inventory } from '../load/inventory/inventory.ts'
import { readInventory } from '../load/inventory/sources.ts'
import { matchLimit } from '../load/inventory/pattern.ts'
import { ModuleRegistry } from '../load/modules.ts'
import { PlaybookLoader } from '../load/playbook.ts'
import { isFolder, Reader } from '../load/reader.ts'
import { Vault } from '../load/vault/vault.ts'
import { Collections } from '../load/collections.ts'
import { RoleLoader } from '../load/role.ts'
import { PlayCompiler, type CompileTools } from '../plan/compile.ts'
import type { CompiledItem, CompiledPlay, CompiledTask } from '../plan/compiled.ts'
import { filterItems, isSelected, isStart, tagNames, tagsOf } from '../plan/tags.ts'
import type { CloudPort } from '../port/cloud.ts'
import type { ConnectionSettings, Port } from '../port/port.ts'
import type { RunEvent } from '../report/event.ts'
import type { ListedPlaybook } from '../report/list.ts'
import { constructedInventories } from '../resolve/constructed.ts'
import type { Secrets } from '../resolve/secrets.ts'
import { print } from '../value/print.ts'
import { Dict, RawDict, type Raw, type Value } from '../value/value.ts'
import type { Stats } from './host.ts'
import type { RunOptions } from './options.ts'
import { hostPatterns, playEvaluator, playHosts, playName, runPlay, tagValue } from './play.ts'
import { preflight } from './preflight.ts'
import { playAtRest, Session } from './session.ts'
import { taskName } from './task.ts'

export interface RunParts {
  /** Whether everything that can be known before the run is checked: not where tasks are only listed. */
  readonly checks?: boolean
  readonly playbooks: readonly string[]
  readonly inventories: readonly string[]
  readonly options: RunOptions
  readonly secrets: Secrets
  readonly emit: (event: RunEvent) => void
  readonly openPort: (settings: ConnectionSettings) => Port
  readonly cloud: CloudPort
  /** The passwords of encrypted files and values; without any none can be read. */
  readonly vault?: Vault
}

/** What was loaded, ready to run, to be listed or to be only checked. */
export interface Loaded {
  readonly session: Session
  readonly playbooks: readonly { readonly path: string; readonly plays: readonly CompiledPlay[] }[]
}

/** Exit codes, as ansible-playbook has them. */
const EXIT = { ok: 0, error: 1, hostFailed: 2, badOption: 2, unreachable: 4, refused: 4, badExtraVars: 5 } as const

/**
 * Loads everything and checks what can be checked without a connection.
 *
 * @throws {DiagnosticError} with all faults together.
 */
export async function load(parts: RunParts): Promise<Loaded> {
  const warn = (diagnostic: Diagnostic): void => parts.emit({ kind: 'diagnostic', diagnostic })
  const vault = parts.vault ?? new Vault([])
  vault.reportTo(parts.secrets)
  for (const password of [parts.options.connectionPassword, parts.options.becomePassword]) if (password !== undefined) parts.secrets.add(password)
  const reader = new Reader(warn, process.cwd(), vault)
  for (const playbook of parts.playbooks) {
    if (!existsSync(playbook)) fail('FILE_NOT_FOUND', `there is no playbook ${reader.shownPath(playbook)}`)
    if (isFolder(playbook)) fail('FILE_NOT_FOUND', `${reader.shownPath(playbook)} is a folder and no playbook`)
  }
  const construct = constructedInventories({
    reader,
    extraVars: parts.options.extraVars,
    filterUsed: (inputs, output) => {
      parts.secrets.derive(inputs, output)
    },
  })
  const readSources = (): Inventory => readInventory(parts.inventories, reader, parts.options.inventoryRules, construct)
  const modules = new ModuleRegistry([...parts.options.libraryPath, ...parts.playbooks.map((playbook) => path.join(path.dirname(playbook), 'library'))])
  const session = new Session({
    options: parts.options,
    reader,
    inventory: readSources(),
    readInventory: readSources,
    modules,
    secrets: parts.secrets,
    emit: parts.emit,
    openPort: parts.openPort,
    cloud: parts.cloud,
  })
  const collections = new Collections(parts.options.collectionsPath)
  const playbookLoader = new PlaybookLoader(
    reader,
    modules,
    (template) => print(session.evaluator(undefined, undefined, undefined).value(template)),
    collections,
  )
  const roleLoader = new RoleLoader(reader, playbookLoader, parts.options.rolesPath, collections)
  const tools: CompileTools = {
    playbooks: playbookLoader,
    roles: roleLoader,
    counter: session.counter,
    workingFolder: reader.workingFolder,
    text: (template, task, play) => print(session.evaluator(undefined, playAtRest(play, '', [], new RawDict()), task).value(template)),
  }
  const playbooks = parts.playbooks.map((absolute) => ({
    path: absolute,
    plays: playbookLoader.load(absolute).map((play) => new PlayCompiler(play, tools).compile()),
  }))
  throwFaults([...playbookLoader.faults, ...roleLoader.faults])
  const isListed = parts.checks === false
  const chosen = playbooks.map((playbook) => ({ ...playbook, plays: choose(playbook.plays, session, isListed ? undefined : parts.options.startAtTask) }))
  const limited = limitedHosts(session)
  if (parts.options.flushCache && !isListed) session.forgetFacts(limited)
  if (isListed) return { session, playbooks: chosen }
  const found = await preflight(
    session,
    chosen.flatMap((playbook) => playbook.plays),
  )
  for (const diagnostic of found) if (diagnostic.severity === 'warning') warn(diagnostic)
  throwFaults(found.filter((diagnostic) => diagnostic.severity === 'error'))
  return { session, playbooks: chosen }
}

/** The hosts that `--limit` leaves. It has to leave one of the inventory, where there is any: the implicit localhost is none. */
function limitedHosts(session: Session): Iterable<string> {
  const { inventory, reader } = session
  const { limit } = session.options
  if (limit === undefined) return inventory.hosts.keys()
  const allowed = matchLimit(inventory, limit, reader, (part, hint) => {
    session.warn({ code: 'UNKNOWN_HOST_PATTERN', severity: 'warning', summary: `--limit: no host or group is called '${part}'`, hint })
  })
  const listed = [...inventory.hosts.values()].filter((host) => host.listed)
  if (listed.length > 0 && !listed.some(({ name }) => allowed.has(name))) fail('UNKNOWN_HOST_PATTERN', `--limit '${limit}' leaves no host`)
  return allowed
}

/** Runs what was loaded and answers the exit code. */
export async function run(loaded: Loaded, interrupted: () => boolean): Promise<number> {
  const { session } = loaded
  const startedAt = Date.now()
  let wasFatal = false
  session.emit({ kind: 'run-start', check: session.options.check, at: new Date() })
  try {
    for (const { plays } of loaded.playbooks) {
      for (const play of plays) {
        const end = await runPlay(session, play, interrupted)
        wasFatal ||= end === 'fatal'
        if (end === 'failed' || end === 'fatal' || end === 'interrupted') break
      }
      if (interrupted() || exitCode(session) !== EXIT.ok) break
    }
    await session.jobs.settle()
    session.keepFacts()
  } finally {
    session.stepper.close()
    await session.closePorts()
    const stats = new Map<string, Stats>([...session.hosts].filter(([, host]) => hasResults(host.stats)).map(([name, host]) => [name, host.stats]))
    const { customStats, customStatsByHost } = session.options.showCustomStats
      ? session
      : { customStats: new Dict(), customStatsByHost: new Map<never, never>() }
    session.emit({ kind: 'run-end', stats, customStats, customStatsByHost, at: new Date(), durationMs: Date.now() - startedAt })
  }
  if (wasFatal) return EXIT.hostFailed
  return interrupted() ? Math.max(exitCode(session), EXIT.hostFailed) : exitCode(session)
}

function exitCode(session: Session): number {
  const hosts = [...session.hosts.values()]
  if (hosts.some((host) => host.out === 'unreachable')) return EXIT.unreachable
  return hosts.some((host) => host.out === 'failed') ? EXIT.hostFailed : EXIT.ok
}

/** What the `--list-…` flags show. */
export function list(loaded: Loaded): ListedPlaybook[] {
  const { session } = loaded
  return loaded.playbooks.map(({ path: absolute, plays }) => ({
    path: session.reader.shownPath(absolute),
    plays: plays.map((play) => {
      const evaluator = playEvaluator(session, play)
      const valueOf = (raw: Raw): Value => tagValue(raw, evaluator)
      return {
        hosts: playHosts(session, play),
        patterns: hostPatterns(play, evaluator),
        name: playName(play, evaluator),
        playTags: [play.play.keywords, ...play.play.imported].flatMap((keywords) => tagNames(keywords.get('tags')?.raw ?? null, valueOf)),
        tasks: listed(play.sections.flat()).map((task) => ({ name: writtenName(task), tags: [...tagsOf(task, valueOf)].sort() })),
      }
    }),
  }))
}

/** The tasks that a list shows: those of blocks, but not what stands in a rescue or an always. */
function listed(items: readonly CompiledItem[]): CompiledTask[] {
  return items.flatMap((item) => (item.kind === 'task' ? [item] : item.kind === 'block' ? listed(item.block) : []))
}

/** A task's name without its templates evaluated, behind its role's; of one without a name the action alone. */
function writtenName(task: CompiledTask): string {
  return task.task.keywords.has('name') ? taskName(task, undefined) : task.task.action.written
}

/** Applies `--tags`, `--skip-tags` and `--start-at-task`, which begins at no task of a rescue. Handlers are not concerned. */
function choose(plays: readonly CompiledPlay[], session: Session, startAtTask: string | undefined): CompiledPlay[] {
  const { options } = session
  let started = startAtTask === undefined
  return plays.map((play) => {
    const keep = (task: CompiledTask, inRescue: boolean): boolean => {
      const valueOf = (raw: Raw): Value => tagValue(raw, session.evaluator(undefined, playAtRest(play, '', [], new RawDict()), task))
      if (!isSelected(task, valueOf, options)) return false
      started ||= !inRescue && isStart(namesOf(task), startAtTask!)
      return started
    }
    return { ...play, sections: play.sections.map((section) => filterItems(section, keep)) }
  })
}

/** The names by which a task can be asked for: templates in them are not evaluated yet. */
function namesOf(task: CompiledTask): string[] {
  const full = taskName(task, undefined)
  const prefix = `${task.role?.role.name} : `
  return full.startsWith(prefix) ? [full, full.slice(prefix.length)] : [full]
}

function hasResults(stats: Stats): boolean {
  return Object.values(stats).some((count) => (count as number) > 0)
}

function throwFaults(faults: readonly Diagnostic[]): void {
  if (faults.length > 0) throw new DiagnosticError(faults)
}

/** The exit code for faults found before anything ran: a missing file is 1, a wrong option 2, what the language refuses 4, extra vars that are none 5. */
export function exitCodeOf(error: DiagnosticError): number {
  const codes = new Set(error.diagnostics.map((diagnostic) => diagnostic.code))
  if (codes.has('BAD_EXTRA_VARS')) return EXIT.badExtraVars
  if (codes.has('BAD_OPTION')) return EXIT.badOption
  const missing = ['FILE_NOT_FOUND', 'UNKNOWN_ROLE', 'UNKNOWN_HANDLER', 'BAD_INVENTORY', 'UNKNOWN_HOST_PATTERN', 'VAULT_FAILED'] as const
  return missing.some((code) => codes.has(code)) ? EXIT.error : EXIT.refused
}
