/** Trees of probes, and the states that they read. */
import { KNOWN_AFTER_APPLY, UnknownStateError, type ProbeTree } from '../contract/kinds.ts'
import type { FileStat, Probe } from '../contract/resource.ts'

export interface Leaf {
  readonly path: readonly string[]
  readonly probe: Probe<unknown>
}

/** What a probe read, of a file with what is not compared of it, or why that is unknown. */
export type LeafState =
  { readonly known: true; readonly value: unknown; readonly stat?: FileStat | undefined } | { readonly known: false; readonly cause: string }

/** The probes of a tree, in its order. */
export function leavesOf(tree: ProbeTree, path: readonly string[] = []): Leaf[] {
  return Object.entries(tree).flatMap(([key, node]) => (isProbe(node) ? [{ path: [...path, key], probe: node }] : leavesOf(node, [...path, key])))
}

function isProbe(node: Probe<unknown> | ProbeTree): node is Probe<unknown> {
  return typeof (node as Probe<unknown>).parse === 'function'
}

/** The states as a module sees them: touching an unknown one throws an `UnknownStateError`. */
export function stateObject(leaves: readonly Leaf[], states: readonly LeafState[]): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  leaves.forEach(({ path }, index) => {
    let at = root
    for (const key of path.slice(0, -1)) {
      if (!Object.hasOwn(at, key)) define(at, key, { value: {} })
      at = at[key] as Record<string, unknown>
    }
    const state = states[index]!
    define(at, path.at(-1)!, state.known ? { value: state.value } : { get: () => throwUnknown(state.cause) })
  })
  return root
}

/** A planned state as later tasks see it in a dry run: what is known only after apply throws when it is touched. */
export function predictedState(after: unknown, cause: string): unknown {
  if (after === null || typeof after !== 'object' || Array.isArray(after) || Object.getPrototypeOf(after) !== Object.prototype) return after
  const copy: Record<string, unknown> = {}
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(after))) {
    // What was unknown before, and is kept, stays so.
    if (descriptor.get) Object.defineProperty(copy, key, descriptor)
    else if (descriptor.value === KNOWN_AFTER_APPLY) define(copy, key, { get: () => throwUnknown(cause) })
    else define(copy, key, { value: predictedState(descriptor.value, cause) })
  }
  return copy
}

/** The part of a state at a path; undefined where the path leads nowhere. */
export function stateAt(state: unknown, path: readonly string[]): unknown {
  let at = state
  for (const key of path) {
    if (at === null || typeof at !== 'object') return at === KNOWN_AFTER_APPLY ? at : undefined
    at = Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  }
  return at
}

function throwUnknown(cause: string): never {
  throw new UnknownStateError(cause)
}

function define(object: Record<string, unknown>, key: string, property: { value: unknown } | { get: () => unknown }): void {
  Object.defineProperty(
    object,
    key,
    'value' in property ? { ...property, enumerable: true, writable: true, configurable: true } : { ...property, enumerable: true, configurable: true },
  )
}
