/** The cloud for tests: none, or the emulator, which the real SDK asks over loopback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Difference, Module, Refusal } from '../../runner/module.ts'
import type { CloudPort } from '../../runner/port/cloud.ts'
import { MemoryPort } from '../../runner/port/memory/memory-port.ts'
import type { Limits } from '../../runner/port/oci/http.ts'
import { OciPort } from '../../runner/port/oci/oci-port.ts'
import type { Overlay } from '../../runner/probe/overlay.ts'
import { toJson } from '../../runner/value/convert.ts'
import { print } from '../../runner/value/print.ts'
import { Dict, Unknown, type Value } from '../../runner/value/value.ts'
import { MemoryHeadends } from '../lab/oci/headends.ts'
import { CHUNCHEON, SEOUL } from '../lab/oci/prerequisites.ts'
import { startEmulator, type Emulator, type Logged } from '../lab/oci/server.ts'
import type { Clock } from '../lab/oci/store.ts'
import { compartment, makeUser, tenancy } from '../lab/oci/user.ts'
import { runAlone, watched } from './engine.ts'

const none = (): never => {
  throw new Error('the test has no cloud')
}

export const NO_CLOUD: CloudPort = { read: none, call: none }

export { CHUNCHEON, SEOUL }
export { compartment as COMPARTMENT, tenancy as TENANCY }

/** Impatient, so that a test need not wait. */
export const LIMITS: Limits = { requestTimeoutMs: 2000, callTimeoutMs: 3000, firstDelayMs: 20, longestDelayMs: 100 }

export interface TestCloud {
  readonly emulator: Emulator
  readonly headends: MemoryHeadends
  /** The parameters by which a module reaches it, in Seoul. */
  readonly account: Readonly<Record<string, string>>
  readonly configFile: string
  readonly port: OciPort
  /** Operations that wrote, or tried to, since the last time this was asked. */
  writes(): string[]
  close(): Promise<void>
}

export interface Ends {
  teardown(work: () => Promise<unknown>): void
}

/** Of calls those that wrote, or tried to. */
export const writesIn = (calls: readonly Logged[]): string[] =>
  calls.filter(({ method }) => method !== 'GET').map(({ operation, status }) => `${operation} ${status}`)

/** An empty cloud with a user whose key is in a configuration file. */
export async function testCloud(t: Ends, { clock, limits = LIMITS }: { readonly clock?: Clock; readonly limits?: Limits } = {}): Promise<TestCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'playline-oci-'))
  const { configFile, keys } = makeUser(folder, SEOUL)
  const headends = new MemoryHeadends()
  const emulator = await startEmulator({
    keys,
    regions: [SEOUL, CHUNCHEON],
    compartments: [tenancy, compartment],
    headends,
    ...(clock && { clock }),
    lifetimes: { transitionMs: 30, tombstoneMs: 60_000 },
  })
  let seen = 0
  const close = async (): Promise<void> => {
    await emulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
  t.teardown(close)
  return {
    emulator,
    headends,
    account: { config_file_location: configFile, endpoint: emulator.endpoint, region: SEOUL },
    configFile,
    port: new OciPort({}, limits),
    writes: () => {
      const since = emulator.log.slice(seen)
      seen = emulator.log.length
      return writesIn(since)
    },
    close,
  }
}

export interface CloudRun {
  readonly changed: boolean
  readonly unknown: string | undefined
  readonly differs: readonly Difference[]
  readonly refusals: readonly Refusal[]
  readonly problem: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly result: Record<string, unknown>
  /** The diff as lines, `label: before → after`. */
  readonly shown: readonly string[]
}

/** A value as plain data, in which what is unknown says why. */
function told(value: Value): unknown {
  if (value instanceof Unknown) return `unknown: ${value.cause}`
  if (value instanceof Dict) return Object.fromEntries([...value].map(([key, item]) => [print(key), told(item)]))
  return Array.isArray(value) ? value.map(told) : (JSON.parse(toJson(value)) as unknown)
}

/** Runs a module against a test's cloud; with an overlay as a dry run, whose tasks see each other. */
export async function inCloud(module: Module, cloud: TestCloud, args: Record<string, unknown>, overlay?: Overlay): Promise<CloudRun> {
  const watch = module.kind === 'state' ? watched(module) : { module, seen: { differs: [], events: [], refusals: [] } }
  const outcome = await runAlone(
    watch.module,
    { ...cloud.account, compartment_id: compartment, ...args },
    { port: new MemoryPort({}), cloud: cloud.port, become: undefined, overlay },
  )
  return {
    changed: outcome.changed,
    unknown: outcome.unknown,
    differs: watch.seen.differs,
    refusals: watch.seen.refusals,
    problem: outcome.failure?.message,
    detail: outcome.failure?.detail,
    hint: outcome.failure?.diagnostic?.hint,
    result: Object.fromEntries([...outcome.data].map(([key, value]) => [print(key), told(value)])),
    shown: outcome.shown.map((each) => (each.kind === 'value' ? `${each.label}: ${each.before} → ${each.after}` : each.kind)),
  }
}
