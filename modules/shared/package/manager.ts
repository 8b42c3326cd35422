/** What a package manager has to be able to do for the module `package`; `apt.ts` and `dnf.ts` are the two that there are. */
import type { Probe, QueryReply, RunStep } from '../../../runner/module.ts'

export type Verb = 'install' | 'upgrade' | 'remove'

/** A name as the task gives it, taken apart: `frr`, `frr=8.4.4-1`, `frr-7.5.1`. */
export interface Spec {
  readonly text: string
  /** Names of packages that it may mean, the likeliest first. */
  readonly names: readonly string[]
  /** Whether an installed version of one of these names is what it asks for. */
  accepts(name: string, version: string): boolean
}

export interface PackageOptions {
  readonly install_recommends?: boolean | undefined
  readonly allow_downgrade: boolean
  readonly purge: boolean
  readonly autoremove: boolean
  readonly enablerepo: readonly string[]
  readonly disablerepo: readonly string[]
}

/** One call of the package manager. */
export interface Call {
  readonly verb: Verb
  readonly specs: readonly string[]
}

/** What a package manager says that a call would do, without doing it and without asking any server. */
export interface Simulation extends Call {
  /** Package → the version that it would have, null where it would be gone. */
  readonly changes: Readonly<Record<string, string | null>>
  /** Names that it does not know, with its words; `providers` for a name that only others provide. */
  readonly notFound: Readonly<Record<string, { readonly words: string; readonly providers: readonly string[] }>>
  /** Why it would do nothing at all, in its words. */
  readonly refused: string | undefined
  /** Why it cannot tell: it has never fetched what there is. */
  readonly neverUpdated: string | undefined
}

/** For each package its installed version, or null. */
export type PackageProbes = Readonly<Record<string, Probe<string | null>>>

export interface Manager {
  readonly name: 'apt' | 'dnf'
  spec(text: string): Spec
  installed(names: readonly string[]): PackageProbes
  /** The calls that bring `specs`, none of which is as it should be, into the state. */
  calls(specs: readonly Spec[], state: 'present' | 'latest' | 'absent', isInstalled: (spec: Spec) => boolean): readonly Call[]
  simulate(call: Call, options: PackageOptions): Probe<Simulation>
  /** A step that simulates, for where only a step before it makes it meaningful; `readSimulation` reads its reply. */
  simulateAsStep(call: Call, options: PackageOptions): RunStep
  readSimulation(call: Call, reply: QueryReply, options: PackageOptions): Simulation
  carryOut(call: Call, options: PackageOptions): RunStep
  /** Fetches what there is from the servers. */
  update(options: PackageOptions): RunStep
  /** Whether no server's list was ever fetched, where a simulation does not say so itself. */
  readonly hasNoLists?: Probe<boolean>
  /** Whether the lists are younger than this. */
  listsYoungerThan?(seconds: number): Probe<boolean>
}
