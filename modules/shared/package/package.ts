/** The module behind `package`, `apt`, `dnf` and `yum`: they differ in their parameters only. */
import { file, isKnown, KNOWN_AFTER_APPLY, param, state, StepFailure, z } from '../../../runner/module.ts'
import type {
  Affected,
  Difference,
  Event,
  Example,
  FileState,
  Module,
  Planned,
  Probe,
  ProbeTree,
  Refusal,
  StateOf,
  Step,
  StepReply,
} from '../../../runner/module.ts'
import { apt } from './apt.ts'
import { dnf } from './dnf.ts'
import type { Call, Manager, PackageOptions, PackageProbes, Simulation, Spec } from './manager.ts'

export interface PackageParams extends PackageOptions {
  readonly name: readonly string[]
  readonly state: 'present' | 'latest' | 'absent'
  readonly use: 'auto' | 'apt' | 'dnf' | 'yum'
  readonly update_cache: boolean
  /** Seconds; zero: whatever their age. */
  readonly cache_valid_time: number
}

type Tree = {
  /** Which managers the host has. */
  readonly managers: Readonly<Record<string, Probe<FileState>>>
  /** The installed version of each package that the task names; a task without names has none. */
  readonly packages?: PackageProbes
  /** And of those that the package manager says would come or go with them. */
  readonly along?: PackageProbes
  /** What the package manager would do, by the number of the question. */
  readonly simulations?: Readonly<Record<string, Probe<Simulation>>>
  readonly hasNoLists?: Probe<boolean>
  readonly listsAreYoung?: Probe<boolean>
  /** The installed versions of what provides a name that is not a package's. */
  readonly providers?: PackageProbes
}
type State = StateOf<Tree>

const MANAGERS: Readonly<Record<string, Manager>> = { apt, dnf }
const PROGRAMS: Readonly<Record<string, string>> = { apt: '/usr/bin/apt-get', dnf: '/usr/bin/dnf' }

/** A package's name, with or without a version; neither a file, nor a URL, nor a group, nor a pattern. */
const name = () =>
  param
    .nonEmptyString()
    .refine(
      (text) => /^[A-Za-z0-9][A-Za-z0-9+._:~^-]*(=[A-Za-z0-9+._:~^*-]+)?$/.test(text),
      'not the name of a package: files, URLs, groups and patterns are not supported',
    )

/** Parameters that all four modules have. */
export const packageParams = {
  name: param.list(name()).default([]).describe('Names of packages, with a version where one is asked for: `frr=8.4.4-1` (apt), `frr-7.5.1` (dnf).'),
  state: z
    .enum(['present', 'installed', 'latest', 'absent', 'removed'])
    .transform((word) => (word === 'installed' ? 'present' : word === 'removed' ? 'absent' : word))
    .default('present')
    .describe('Whether they are installed, installed in the newest version that is offered, or not installed.'),
  update_cache: param
    .bool()
    .default(false)
    .describe('Whether the lists of what is offered are fetched first. A dry run fetches nothing, and then cannot know the versions.'),
  allow_downgrade: param.bool().default(false).describe('Whether a version that is older than the installed one may be installed.'),
  autoremove: param.bool().default(false).describe('Whether what was installed for others only, and is needed no more, goes as well.'),
} as const

export const installRecommends = () => param.bool().optional().describe('Whether recommended (weak) dependencies come along. Default: as the host is set up.')
export const cacheValidTime = () =>
  param.int(0).default(0).describe('With apt: seconds for which fetched lists are young enough, so that `update_cache` does not fetch them again.')
export const purge = () => param.bool().default(false).describe("With apt: whether removing takes the packages' configuration files, too.")
export const repositories = (what: string) => param.list(param.nonEmptyString()).default([]).describe(what)

/** What the schemas of the single modules leave out. */
export const NO_OPTIONS = { cache_valid_time: 0, purge: false, enablerepo: [] as string[], disablerepo: [] as string[] }

// --- reading ---

function* probe(p: PackageParams, promised?: { readonly along?: object }): Generator<ProbeTree, Tree, never> {
  // Where there is dnf, `yum` is another name of it.
  const candidates = p.use === 'auto' ? ['apt', 'dnf'] : [p.use === 'yum' ? 'dnf' : p.use]
  const managers = Object.fromEntries(candidates.map((each) => [each, file(PROGRAMS[each]!, 'none')]))
  const there = (yield { managers }) as { managers: Record<string, FileState> }
  const manager = managerOf(there.managers)
  if (manager === undefined) return { managers }

  const specs = p.name.map((text) => manager.spec(text))
  const named = [...new Set(specs.flatMap(({ names }) => names))]
  const tree: Tree = {
    managers,
    ...(named.length > 0 && { packages: manager.installed(named) }),
    ...(p.update_cache && p.cache_valid_time > 0 && manager.listsYoungerThan && { listsAreYoung: manager.listsYoungerThan(p.cache_valid_time) }),
  }
  // Reading back: what was promised is read, nothing is asked of the package manager again.
  if (promised !== undefined) return { ...tree, ...(promised.along && { along: manager.installed(Object.keys(promised.along)) }) }
  const now = (yield tree) as State
  const open = openSpecs(specs, now, p.state)
  if (open === undefined || open.length === 0 || (p.state !== 'absent' && fetchesLists(now, p))) return tree
  return yield* simulated(manager, open, now, p, tree)
}

/** Asks the package manager what it would do; names that it does not know are left out and it is asked again. */
function* simulated(manager: Manager, open: readonly Spec[], now: State, p: PackageParams, tree: Tree): Generator<ProbeTree, Tree, never> {
  const simulations: Record<string, Probe<Simulation>> = {}
  const along = new Set<string>()
  const providers = new Set<string>()
  let someUnknown = false
  const queue = [...manager.calls(open, p.state, (spec) => installedName(spec, now.packages) !== undefined)]
  for (let call = queue.shift(); call !== undefined; call = queue.shift()) {
    const key = String(Object.keys(simulations).length)
    simulations[key] = manager.simulate(call, p)
    const seen = (yield { simulations: { [key]: simulations[key] } }) as { simulations: Record<string, Simulation> }
    if (!isKnown(seen.simulations, key)) return { ...tree, simulations }
    const simulation = seen.simulations[key]!
    for (const each of Object.keys(simulation.changes)) if (tree.packages?.[each] === undefined) along.add(each)
    for (const { providers: found } of Object.values(simulation.notFound)) for (const each of found) providers.add(each)
    const unknown = Object.keys(simulation.notFound)
    someUnknown ||= unknown.length > 0
    const rest = call.specs.filter((text) => !unknown.includes(text))
    if (unknown.length > 0 && rest.length > 0) queue.push({ ...call, specs: rest })
  }
  return {
    ...tree,
    simulations,
    ...(along.size > 0 && { along: manager.installed([...along]) }),
    ...(providers.size > 0 && { providers: manager.installed([...providers]) }),
    ...(someUnknown && manager.hasNoLists && { hasNoLists: manager.hasNoLists }),
  }
}

function managerOf(managers: Readonly<Record<string, FileState>>): Manager | undefined {
  // A dry run may not know a file that a package before would bring; package managers are not among those.
  const found = Object.keys(managers).find((each) => isKnown(managers, each) && managers[each]!.type !== 'absent')
  return found === undefined ? undefined : MANAGERS[found]
}

/** The name under which a version is installed that the spec accepts. */
function installedName(spec: Spec, packages: Readonly<Record<string, string | null>> = {}): string | undefined {
  return spec.names.find((each) => typeof packages[each] === 'string')
}

/** The specs that are not as they should be for certain; undefined where a dry run cannot know what is installed. */
function openSpecs(specs: readonly Spec[], { packages = {} }: State, wish: PackageParams['state']): Spec[] | undefined {
  if (Object.keys(packages).some((each) => !isKnown(packages, each))) return undefined
  return specs.filter((spec) => {
    if (wish === 'absent') return installedName(spec, packages) !== undefined
    return wish === 'latest' || !isSatisfied(spec, packages)
  })
}

function isSatisfied(spec: Spec, packages: Readonly<Record<string, string | null>>): boolean {
  return spec.names.some((each) => typeof packages[each] === 'string' && spec.accepts(each, packages[each]))
}

function fetchesLists(now: State, p: PackageParams): boolean {
  return p.update_cache && now.listsAreYoung !== true
}

// --- planning ---

function plan(before: State, p: PackageParams): Planned<State> {
  const manager = managerOf(before.managers)
  // Looking at one of which a dry run cannot know whether it is there ends the plan, with the task that made it unknown.
  if (manager === undefined)
    return Object.values(before.managers).every(({ type }) => type === 'absent') ? { after: {}, refusals: [noManager(p.use)] } : { after: {} }
  if (manager.name === 'dnf' && p.purge) return { after: {}, refusals: [{ summary: '`purge` is for apt; this host has dnf' }] }

  const specs = p.name.map((text) => manager.spec(text))
  const { packages: now } = before
  if (now === undefined) return { after: {} }
  const open = openSpecs(specs, before, p.state)
  // An unknown version ends the plan here, with the task that made it unknown.
  if (open === undefined || open.length === 0) return { after: { packages: { ...now } } }

  const packages: Record<string, string | null | typeof KNOWN_AFTER_APPLY> = { ...now }
  if (!foresees(before, p)) {
    for (const spec of open) packages[installedName(spec, now) ?? spec.names[0]!] = p.state === 'absent' ? null : KNOWN_AFTER_APPLY
    return { after: { packages } }
  }
  const along: Record<string, string | null> = {}
  for (const { changes } of Object.values(before.simulations ?? {})) {
    for (const [each, version] of Object.entries(changes)) (each in packages ? packages : along)[each] = version
  }
  return {
    after: { packages, ...(before.along !== undefined && { along: { ...before.along, ...along } }) },
    refusals: Object.values(before.simulations ?? {}).flatMap((simulation) => refusalsOf(simulation, before, manager)),
  }
}

/** Whether what the package manager would do is known: neither are lists fetched first, nor were there never any. */
function foresees(before: State, p: PackageParams): boolean {
  if (p.state !== 'absent' && fetchesLists(before, p)) return false
  const { simulations } = before
  if (simulations === undefined || Object.keys(simulations).some((key) => !isKnown(simulations, key))) return false
  return neverUpdated(before) === undefined
}

/** Why a name is not known: no list was ever fetched. */
function neverUpdated(before: State): string | undefined {
  if (before.hasNoLists === true) return 'apt has never fetched the lists of its sources'
  const { simulations = {} } = before
  if (!Object.keys(simulations).every((key) => isKnown(simulations, key))) return undefined
  return Object.values(simulations).find((each) => each.neverUpdated !== undefined && Object.keys(each.notFound).length > 0)?.neverUpdated
}

function noManager(use: PackageParams['use']): Refusal {
  if (use === 'auto') return { summary: 'this host has neither apt-get nor dnf' }
  return {
    summary: `this host has no ${use === 'apt' ? 'apt-get' : 'dnf'}`,
    hint: 'The module `package` uses what there is; yum before version 4 is not supported.',
  }
}

function refusalsOf(simulation: Simulation, before: State, manager: Manager): Refusal[] {
  const unknown = Object.entries(simulation.notFound).flatMap(([text, { words, providers }]): Refusal[] => {
    if (providers.some((each) => typeof before.providers?.[each] === 'string')) return []
    if (providers.length > 0)
      return [{ summary: `'${text}' is no package, others provide it`, detail: words, hint: `Name one of these: ${providers.join(', ')}.` }]
    return [
      {
        summary: `${manager.name} has no package '${text}'`,
        detail: words,
        result: noPackage(text, manager),
        hint: `If its repository was added lately, \`update_cache: true\` has ${manager.name} fetch what it offers.`,
      },
    ]
  })
  if (simulation.refused === undefined) return unknown
  return [
    ...unknown,
    {
      summary: `${manager.name} refuses to ${simulation.verb} ${simulation.specs.join(', ')}`,
      detail: simulation.refused,
      ...(/downgrad/i.test(simulation.refused) && { hint: 'Add `allow_downgrade: true`.' }),
    },
  ]
}

/** Ansible's words, in `msg` where playbooks look for them. */
function noPackage(text: string, { name }: Manager): Record<string, unknown> {
  if (name === 'apt') return { msg: `No package matching '${text}' is available` }
  return { msg: 'Failed to install some of the specified packages', failures: [`No package ${text} available.`], rc: 1 }
}

function events({ before, params: p }: { before: State; params: PackageParams }): Event[] {
  const manager = managerOf(before.managers)
  if (manager === undefined) return []
  return fetchesLists(before, p) || (p.state !== 'absent' && neverUpdated(before) !== undefined) ? [{ name: 'update cache', target: manager.name }] : []
}

/**
 * Installing brings files and units, it does not touch foreign ones. Upgrading and removing alter the package's own, which
 * may be any: scripts of packages edit configuration that is in no list of files.
 */
function affects({ before, differs, params: p }: { before: State; differs: readonly Difference[]; params: PackageParams }): Affected[] {
  const changed = differs.filter(({ path }) => path[0] === 'packages' || path[0] === 'along')
  if (changed.length === 0) return []
  const onlyNew = changed.every((each) => each.before === null)
  const unforeseen = !foresees(before, p)
  return [
    { resource: 'file:/*', ...(onlyNew && { onlyIfAbsent: true }) },
    { resource: 'unit:*', ...(onlyNew && { onlyIfAbsent: true }) },
    // What comes along is not known yet. It is taken to be new: dependencies that an installation upgrades are rare.
    ...(unforeseen ? [{ resource: 'package:*' as const, ...(p.state !== 'absent' && { onlyIfAbsent: true }) }] : []),
    // What the package manager says of an untouched host stays right after an installation, not after a removal.
    ...(onlyNew ? [] : [{ resource: 'query:package-plan:*' as const }]),
  ]
}

// --- doing ---

interface Done {
  readonly stdout: string
  readonly stderr: string
}

function* apply({
  params: p,
  before,
  events: happening,
}: {
  params: PackageParams
  before: State
  events: readonly Event[]
}): Generator<Step, Done, StepReply> {
  const manager = managerOf(before.managers)!
  const said: StepReply[] = []
  for (const event of happening) if (event.name === 'update cache') yield manager.update(p)
  const open =
    openSpecs(
      p.name.map((text) => manager.spec(text)),
      before,
      p.state,
    ) ?? []
  const simulations = foresees(before, p)
    ? Object.values(before.simulations ?? {})
    : yield* simulateNow(
        manager,
        manager.calls(open, p.state, (spec) => installedName(spec, before.packages) !== undefined),
        p,
      )
  for (const each of simulations) {
    if (Object.keys(each.notFound).length === 0 && each.refused === undefined && Object.keys(each.changes).length > 0)
      said.push(yield manager.carryOut(each, p))
  }
  if (!foresees(before, p)) failForMissing(manager, simulations)
  return { stdout: said.map(({ stdout }) => stdout).join(''), stderr: said.map(({ stderr }) => stderr).join('') }
}

/** As `simulated`, after the lists were fetched. */
function* simulateNow(manager: Manager, calls: readonly Call[], p: PackageParams): Generator<Step, Simulation[], StepReply> {
  const simulations: Simulation[] = []
  const queue = [...calls].filter(({ specs }) => specs.length > 0)
  for (let call = queue.shift(); call !== undefined; call = queue.shift()) {
    const simulation = manager.readSimulation(call, yield manager.simulateAsStep(call, p), p)
    simulations.push(simulation)
    const rest = call.specs.filter((text) => simulation.notFound[text] === undefined)
    if (rest.length < call.specs.length && rest.length > 0) queue.push({ ...call, specs: rest })
  }
  return simulations
}

function failForMissing(manager: Manager, simulations: readonly Simulation[]): void {
  const words = simulations.flatMap(({ notFound, refused }) => [
    ...Object.values(notFound).map((each) => each.words),
    ...(refused === undefined ? [] : [refused]),
  ])
  const missing = simulations.flatMap(({ notFound }) => Object.keys(notFound))
  if (words.length === 0) return
  const summary = missing.length > 0 ? `${manager.name} has no package ${missing.map((each) => `'${each}'`).join(', ')}` : `${manager.name} refuses to do this`
  throw new StepFailure(summary, { exitCode: 100, stdout: '', stderr: words.join('\n') })
}

export function packageModule(given: {
  summary: string
  params: () => z.ZodType<PackageParams>
  aliases: Record<string, readonly string[]>
  examples: readonly Example[]
  notes?: readonly string[]
}): Module {
  return state({
    ...given,
    returns: { cache_updated: 'whether the lists were fetched', stdout: 'what the package manager said', stderr: 'its errors and warnings' },
    notes: [
      'Names are names of packages, with a version or without; files, URLs, groups (`@`) and patterns are refused.',
      'What comes or goes along (dependencies, conflicts) is shown and verified like what was named.',
      'Where no lists were ever fetched they are fetched first, as an event; Ansible says that there is no such package.',
      'A package that does not exist fails the task after the others were installed; Ansible installs none.',
      ...(given.notes ?? []),
    ],
    probe,
    plan,
    events,
    affects,
    apply: (situation) => apply(situation),
    result: ({ before, params: p, returned }) => ({ cache_updated: events({ before, params: p }).length > 0, ...(returned as Done | undefined) }),
  })
}
