/** Chance, which a seed makes the same every time. */
import { randomInt } from 'node:crypto'
import { print } from '../../../value/print.ts'
import { Dict } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { PythonRandom } from '../library/mersenne-twister.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable, isIterable, itemsOf } from '../runtime/iterate.ts'
import { integer } from '../runtime/numbers.ts'
import { filter } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import type { Run } from '../runtime/run.ts'

export const RANDOM_FILTERS: readonly Filter[] = [
  filter('random(start=None, step=None, seed=None)', 'An item of a list, or a number below the input.', random),
  filter('shuffle(seed=None)', 'The items in a random order.', shuffle),
]

function random(input: Value, args: Args, run: Run): Value {
  checkUsable(input)
  const below = source(args.value('seed'), run)
  const end = integer(input)
  if (end === undefined) {
    if (args.value('start') !== null || args.value('step') !== null) return refuseValue('start and step can only be used with integer values')
    if (input instanceof Dict) return refuseValue('an item of a dict cannot be chosen')
    const items = itemsOf(input)
    return items.length === 0 ? refuseValue('Cannot choose from an empty sequence') : items[below(items.length)]!
  }
  const start = args.wholeOrNull('start') ?? 0
  const step = args.wholeOrNull('step') ?? 1
  if (step === 0) return refuseValue('zero step for randrange()')
  const count = Math.ceil((Number(end) - start) / step)
  if (count <= 0) return refuseValue(`empty range for randrange() (${start}, ${Number(end)}, ${step})`)
  return start + step * below(count)
}

function shuffle(input: Value, args: Args, run: Run): Value {
  checkUsable(input)
  if (!isIterable(input)) return input
  const items = [...itemsOf(input)]
  const below = source(args.value('seed'), run)
  for (let index = items.length - 1; index > 0; index--) {
    const other = below(index + 1)
    ;[items[index], items[other]] = [items[other]!, items[index]!]
  }
  return items
}

/** A number from 0 to below a limit: by the seed, by the caller's chance, or by the system's. */
function source(seed: Value, run: Run): (limit: number) => number {
  if (seed !== null) {
    const whole = integer(seed)
    const twister = new PythonRandom(whole ?? print(seed))
    return (limit) => twister.below(limit)
  }
  const { random: hook } = run.engine.hooks
  if (hook !== undefined) return (limit) => Math.floor(hook() * limit)
  return (limit) => (limit <= 2 ** 47 ? randomInt(limit) : Math.floor(Math.random() * limit))
}
