/**
 * Drives one module on one real host, for tests of modules: probe → plan → apply → probe, and whether the promise was kept.
 * A small stand-in for the engine: one read at a time, no overlay, no batching, no masking.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { compare } from '../../runner/diff/compare.ts'
import { leavesOf, stateObject } from '../../runner/probe/state.ts'
import { Content, KNOWN_AFTER_APPLY } from '../../runner/module.ts'
import type { Difference, Event, FileReply, FileState, Module, Probe, ProbeTree, QueryReply, Read, Refusal, StateModule, Step } from '../../runner/module.ts'

/** Runs a program on a host and waits for its end. Never throws for an exit code; 127 where there is no such program. */
export type Exec = (argv: readonly string[], options?: { stdin?: string | Buffer; environment?: Readonly<Record<string, string>> }) => Promise<QueryReply>

export interface Driven {
  readonly before: unknown
  readonly after: unknown
  readonly differs: readonly Difference[]
  readonly events: readonly Event[]
  readonly refusals: readonly Refusal[]
  readonly affects: readonly string[]
  /** What was run: argv, or `put PATH`. Empty in a check. */
  readonly steps: readonly string[]
  readonly result: Record<string, unknown>
  /** Why it failed; undefined where it did not. Refusals are not in here. */
  readonly problem: string | undefined
  /** What the host said of it. */
  readonly evidence: string
}

/** Drives a module of the kind `state`. */
export async function drive(module: Module, args: Record<string, unknown>, host: Exec, options: { check?: boolean } = {}): Promise<Driven> {
  if (module.kind !== 'state') throw new Error('drive() is for modules of the kind state')
  const m = module
  const params = m.params().parse(args)
  const before = await readState(m.probe(params), host)
  const { after: promised, refusals = [] } = m.plan(before, params)
  const after = { ...before, ...promised }
  const differs = compare(before, promised)
  const events = m.events?.({ before, params, differs }) ?? []
  const affects = (differs.length > 0 || events.length > 0 ? (m.affects?.({ before, after, params, differs }) ?? []) : []).map(({ resource }) => resource)
  const steps: string[] = []
  let returned: unknown
  let problem: string | undefined
  if (options.check !== true && (differs.length > 0 || events.length > 0)) {
    try {
      const applying = m.apply({ params, before, after, differs, events, timestamp: '2026-01-31@10:15:59' })
      let next = applying.next()
      while (next.done !== true) {
        steps.push(next.value.kind === 'run' ? next.value.argv.join(' ') : `put ${next.value.path}`)
        next = applying.next(await carryOut(next.value, host))
      }
      returned = next.value
      await settle(m, params, before, differs, events, host)
      const there = await readState(m.probe(params, promised), host)
      const broken = compare(there, promised)
        .map(({ path, before: actual, after: wanted }) => ({ path, before: wanted, after: actual }))
        .filter(({ before: wanted }) => wanted !== KNOWN_AFTER_APPLY)
      if (broken.length > 0)
        problem = `MODULE_BROKE_PROMISE ${broken.map((d) => `${d.path.join('.')}: promised ${show(d.before)}, there is ${show(d.after)}`).join('; ')}`
    } catch (error) {
      problem = (error as Error).message
    }
  }
  let evidence = ''
  if (problem !== undefined) for (const probe of m.evidence?.(params) ?? []) evidence += await answer(probe, host)
  const result = m.result?.({ params, before, after, differs, returned }) ?? {}
  return { before, after, differs, events, refusals, affects, steps, result, problem, evidence }
}

/** Reads with a module of the kind `read`, waiting for its assertion as long as it says. */
export async function ask(
  module: Module,
  args: Record<string, unknown>,
  host: Exec,
): Promise<{ missing: readonly string[]; result: Record<string, unknown>; reads: number }> {
  if (module.kind !== 'read') throw new Error('ask() is for modules of the kind read')
  const m = module
  const params = m.params().parse(args)
  const wait = m.wait?.(params)
  const end = Date.now() + (wait?.timeoutMs ?? 0)
  await sleep(wait?.delayMs ?? 0)
  for (let reads = 1; ; reads++) {
    const state = await readState(m.probe(params), host)
    const missing = m.missing?.(state, params) ?? []
    if (missing.length === 0 || Date.now() >= end) return { missing, result: m.result({ state, params }), reads }
    await sleep(wait?.intervalMs ?? 1000)
  }
}

async function settle(m: StateModule, params: unknown, before: unknown, differs: readonly Difference[], events: readonly Event[], host: Exec): Promise<void> {
  const { settles } = m
  const situation = { params, before, differs, events } as Parameters<NonNullable<NonNullable<StateModule['settles']>['needed']>>[0]
  if (settles === undefined || settles.needed?.(situation) === false) return
  const start = Date.now()
  let holdsSince: number | undefined
  while (Date.now() - start < settles.withinMs) {
    const state = await readState(m.probe(params), host)
    const watched = await readState(settles.watch?.(params) ?? {}, host)
    const holds = settles.when(state, params, { ...situation, watched, elapsedMs: Date.now() - start })
    holdsSince = holds ? (holdsSince ?? Date.now()) : undefined
    if (holdsSince !== undefined && Date.now() - holdsSince >= (settles.staysMs ?? 0)) return
    await sleep(200)
  }
}

async function carryOut(step: Step, host: Exec): Promise<QueryReply> {
  if (step.kind === 'put') throw new Error('drive() does not put files')
  const reply = await host(step.argv, {
    ...(step.stdin !== undefined && { stdin: step.stdin }),
    ...(step.environment !== undefined && { environment: step.environment }),
  })
  const ok = step.okExitCodes ?? [0]
  if (ok !== 'any' && !ok.includes(reply.exitCode))
    throw new Error(`${step.argv.join(' ')}: exit ${reply.exitCode}: ${reply.stderr.trim()} ${reply.stdout.trim()}`)
  return reply
}

type State = Record<string, never>

async function readState(source: ProbeTree | Generator<ProbeTree, ProbeTree, never>, host: Exec): Promise<State> {
  const known = new Map<string, unknown>()
  if (!isGenerator(source)) return readTree(source, host, known)
  let next = source.next(undefined as never)
  while (next.done !== true) next = source.next((await readTree(next.value, host, known)) as never)
  return readTree(next.value, host, known)
}

async function readTree(tree: ProbeTree, host: Exec, known: Map<string, unknown>): Promise<State> {
  const leaves = leavesOf(tree)
  for (const { probe } of leaves) if (!known.has(probe.resource)) known.set(probe.resource, await answer(probe, host))
  return stateObject(
    leaves,
    leaves.map(({ probe }) => ({ known: true, value: known.get(probe.resource) })),
  ) as State
}

async function answer<T>(probe: Probe<T>, host: Exec): Promise<T> {
  return probe.parse((await reply(probe.read, host)) as never)
}

async function reply(read: Read, host: Exec): Promise<QueryReply | FileReply> {
  if (read.kind === 'query') {
    const got = await host(read.argv, { environment: { LC_ALL: 'C' } })
    if (!(read.okExitCodes ?? [0]).includes(got.exitCode)) throw new Error(`${read.argv.join(' ')}: exit ${got.exitCode}: ${got.stderr}`)
    return got
  }
  const stat = await host(['stat', '-c', '%F|%a|%U|%G|%u|%g|%s|%Y', '--', read.path])
  if (stat.exitCode !== 0) return { state: { type: 'absent' } }
  const [type, bits, owner, group, uid, gid, size, mtime] = stat.stdout.trim().split('|') as [string, string, string, string, string, string, string, string]
  const mode = bits.padStart(4, '0')
  const numbers = { uid: Number(uid), gid: Number(gid), sizeBytes: Number(size), mtimeSeconds: Number(mtime) }
  let state: FileState
  if (type.startsWith('regular')) {
    const text = read.content === 'none' ? '' : (await host(['cat', '--', read.path])).stdout
    state = { type: 'file', mode, owner, group, content: Content.of(text) }
  } else if (type === 'directory') state = { type: 'directory', mode, owner, group }
  else if (type === 'symbolic link') state = { type: 'link', target: (await host(['readlink', '--', read.path])).stdout.trim(), owner, group }
  else state = { type: 'other', mode, owner, group }
  return { state, stat: numbers }
}

function show(value: unknown): string {
  return typeof value === 'symbol' ? '(known after apply)' : value === undefined ? 'nothing' : JSON.stringify(value)
}

function isGenerator(source: unknown): source is Generator<ProbeTree, ProbeTree, never> {
  return typeof (source as { next?: unknown }).next === 'function'
}
