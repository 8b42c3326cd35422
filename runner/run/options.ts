/** What the command line asks of a run. */
import type { Raw, RawDict } from '../value/value.ts'

export interface RunOptions {
  readonly check: boolean
  /** `--diff`: results carry their diffs. */
  readonly diff: boolean
  readonly forks: number
  readonly limit: string | undefined
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly startAtTask: string | undefined
  readonly extraVars: RawDict
  readonly remoteUser: string | undefined
  readonly privateKeyFile: string | undefined
  readonly become: boolean
  readonly becomeUser: string | undefined
  readonly becomeMethod: string | undefined
  readonly connection: string | undefined
  readonly connectTimeoutMs: number
  readonly sshArguments: readonly string[]
  readonly acceptNewHostKeys: boolean
  readonly verbosity: number
}

export const DEFAULT_OPTIONS: RunOptions = {
  check: false,
  diff: false,
  forks: 50,
  limit: undefined,
  tags: [],
  skipTags: [],
  startAtTask: undefined,
  extraVars: new Map<never, Raw>(),
  remoteUser: undefined,
  privateKeyFile: undefined,
  become: false,
  becomeUser: undefined,
  becomeMethod: undefined,
  connection: undefined,
  connectTimeoutMs: 10_000,
  sshArguments: [],
  acceptNewHostKeys: false,
  verbosity: 0,
}
