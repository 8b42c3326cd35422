/** Tests on the result of a task. */
import { truth } from '../../../value/truth.ts'
import { Dict, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { alias, test } from '../runtime/operation.ts'
import type { Test } from '../runtime/operation.ts'
import { typeName } from '../runtime/type.ts'

const changed = test('changed', 'The result of a task that changed something.', (input) => isChanged(result(input, 'changed')))
const failed = test('failed', 'The result of a task that failed.', (input) => flag(result(input, 'failed'), 'failed'))
const success = test('success', 'The result of a task that did not fail.', (input) => !flag(result(input, 'success'), 'failed'))
const skipped = test('skipped', 'The result of a task that was skipped.', (input) => flag(result(input, 'skipped'), 'skipped'))

export const RESULT_TESTS: readonly Test[] = [
  changed,
  alias('change', changed),
  failed,
  alias('failure', failed),
  test('finished', 'The result of a task that has ended; of one that was not asynchronous always.', (input) =>
    flag(result(input, 'finished'), 'finished', true),
  ),
  test('reachable', 'The result of a task whose host was reached.', (input) => !flag(result(input, 'reachable'), 'unreachable')),
  skipped,
  alias('skip', skipped),
  test('started', 'The result of a task that has begun; of one that was not asynchronous always.', (input) => flag(result(input, 'started'), 'started', true)),
  alias('succeeded', success),
  success,
  alias('successful', success),
  test('unreachable', 'The result of a task whose host was not reached.', (input) => flag(result(input, 'unreachable'), 'unreachable')),
]

function result(input: Value, name: string): Dict {
  if (input instanceof Undefined) checkUsable(input)
  return input instanceof Dict ? input : refuseValue(`the '${name}' test expects a dictionary, not ${typeName(input)}`)
}

function flag(found: Dict, key: string, fallback = false): boolean {
  return truth(found.get(key) ?? fallback)
}

/** A result without `changed` of a loop is changed where one of its items is. */
function isChanged(found: Dict): boolean {
  if (found.has('changed')) return flag(found, 'changed')
  const items = found.get('results')
  const first = Array.isArray(items) ? items[0] : undefined
  if (!Array.isArray(items) || !(first instanceof Dict)) return false
  return items.some((item) => item instanceof Dict && flag(item, 'changed'))
}
