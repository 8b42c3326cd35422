/** Completes the paths on the host among a module's parameters, before the module sees them. */
import { expandPath, workingFolder } from './expand-path.ts'
import { orUnknown, type Module, type ProbeTree } from '../contract/kinds.ts'
import type { HostPathKind } from '../contract/parameter.ts'
import { readState, type ProbeContext } from '../probe/probe.ts'
import { hostPathParameters } from '../resolve/arguments.ts'

/**
 * The parameters with whole paths: as the task's user on the host has `~`, its environment and the folder it begins in, and the
 * task's own environment over that. Where nothing is to be completed, nothing is read.
 *
 * @throws {UnknownStateError} where a dry run cannot know how a path goes on.
 */
export async function withHostPaths(module: Module, params: unknown, environment: Readonly<Record<string, string>>, context: ProbeContext): Promise<unknown> {
  const given = params as Readonly<Record<string, unknown>>
  const open = hostPathParameters(module).filter(([name, kind]) => {
    const value = orUnknown(() => given[name])
    return [value].flat().some((each) => typeof each === 'string' && isOpen(each, kind))
  })
  if (open.length === 0) return params
  const whole: Record<string, unknown> = {}
  const complete = function* (): Generator<ProbeTree, ProbeTree, never> {
    for (const [name, kind, schema] of open) {
      const value = given[name]
      const paths: string[] = []
      for (const each of [value].flat() as string[]) paths.push(isOpen(each, kind) ? yield* completed(each, kind, environment) : each)
      whole[name] = schema.parse(Array.isArray(value) ? paths : paths[0])
    }
    return {}
  }
  await readState(complete(), context)
  return Object.defineProperties(Object.create(Object.getPrototypeOf(given) as object | null) as object, {
    ...Object.getOwnPropertyDescriptors(given),
    ...Object.getOwnPropertyDescriptors(whole),
  })
}

function isOpen(path: string, kind: HostPathKind): boolean {
  return /^~|\$/.test(path) || (kind === 'absolute' && path !== '' && !path.startsWith('/'))
}

function* completed(path: string, kind: HostPathKind, environment: Readonly<Record<string, string>>): Generator<ProbeTree, string, never> {
  const expanded = yield* expandPath(path, environment)
  if (kind === 'written' || expanded.startsWith('/')) return expanded
  return `${(yield* workingFolder()).replace(/\/$/, '')}/${expanded.replace(/^(?:\.\/+)+/, '')}`
}
