/** What a loop is besides its items: how `loop_control` wants it, what `ansible_loop` tells, and how the items' outcomes are one. */
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, type Raw, type Value } from '../value/value.ts'
import type { ItemOutcome, Outcome } from './outcome.ts'

export interface LoopControl {
  readonly loopVariable: string
  readonly indexVariable: string | undefined
  readonly label: Raw | undefined
  readonly pauseSeconds: number
  readonly extended: boolean
  /** Whether the extended information has the whole list. */
  readonly allItems: boolean
}

/**
 * Reads `loop_control`, which may be absent. `evaluate` makes the value of a part; what it makes of `omit` is as if the part were not
 * there. The label stays as it is: it belongs to each item.
 */
export async function loopControl(raw: Raw | undefined, evaluate: (part: Raw) => Promise<Value>, omit: Value): Promise<LoopControl> {
  const given = raw instanceof Map ? raw : new Map<Value, Raw>()
  const value = async (name: string): Promise<Value | undefined> => {
    const found = given.get(name)
    if (found === undefined || found === null) return undefined
    const evaluated = await evaluate(found)
    return evaluated === omit ? undefined : evaluated
  }
  const [loopVariable, indexVariable, pause, extended, allItems] = await Promise.all(
    ['loop_var', 'index_var', 'pause', 'extended', 'extended_allitems'].map(value),
  )
  return {
    loopVariable: typeof loopVariable === 'string' ? loopVariable : 'item',
    indexVariable: typeof indexVariable === 'string' ? indexVariable : undefined,
    label: given.get('label'),
    pauseSeconds: pause === undefined ? 0 : Number(print(pause)),
    extended: booleanOf(extended ?? false),
    allItems: booleanOf(allItems ?? true),
  }
}

/** The value of `ansible_loop` for one of the items. */
export function loopInformation(items: readonly Value[], index: number, allItems: boolean): Dict {
  const { length } = items
  return Dict.of({
    ...(allItems && { allitems: [...items] }),
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    ...(index > 0 && { previtem: items[index - 1] }),
    ...(index < length - 1 && { nextitem: items[index + 1] }),
  })
}

/**
 * A loop as one outcome: changed where an item changed, failed where one failed, else unreachable where one was, skipped where all
 * were; ignored where all that failed is, secret where one is.
 */
export function combine(items: readonly ItemOutcome[]): Outcome {
  const outcomes = items.map((each) => each.outcome)
  const failure = outcomes.find((outcome) => outcome.failure)?.failure
  const unknown = outcomes.find((outcome) => outcome.unknown !== undefined)?.unknown
  const failing = outcomes.filter((outcome) => (failure ? outcome.failure : outcome.unreachable))
  const skipped = items.length === 0 || outcomes.every((outcome) => outcome.skipped)
  return {
    changed: outcomes.some((outcome) => outcome.changed),
    failure: failure && { ...failure, message: 'One or more items failed' },
    unreachable: failure ? undefined : outcomes.find((outcome) => outcome.unreachable)?.unreachable,
    skipped: skipped && unknown === undefined ? { reason: items.length === 0 ? 'No items in the list' : 'All items skipped' } : undefined,
    unknown: unknown !== undefined && outcomes.every((outcome) => outcome.unknown !== undefined || outcome.skipped) ? unknown : undefined,
    data: items.length === 0 ? Dict.of({ skipped_reason: 'No items in the list' }) : new Dict(),
    shown: [],
    items,
    ...(failing.length > 0 && failing.every((outcome) => outcome.ignored) && { ignored: true }),
    ...(outcomes.some((outcome) => outcome.censored) && { censored: true }),
  }
}
