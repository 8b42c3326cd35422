/** Tests on what kind of value something is. */
import { print } from '../../../value/print.ts'
import { Dict, DictView, Float, Undefined } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import { Callable } from '../runtime/callable.ts'
import { checkUsable, isIterable } from '../runtime/iterate.ts'
import { isLower, isUpper } from '../runtime/methods.ts'
import { test } from '../runtime/operation.ts'
import type { Test } from '../runtime/operation.ts'
import { isLenient } from '../runtime/undefined.ts'

export const TYPE_TESTS: readonly Test[] = [
  test('boolean', 'True or false.', (input) => typeof input === 'boolean'),
  test(
    'callable',
    'Something that can be called; in Python what is undefined can be, too.',
    (input) => input instanceof Callable || input instanceof Undefined,
  ),
  test('defined', 'There is such a value.', (input) => !(input instanceof Undefined)),
  test('escaped', 'Marked as safe HTML; nothing is here, but in Python what is undefined.', (input) => input instanceof Undefined && !isLenient(input)),
  test('false', 'False itself.', (input) => input === false),
  test('float', 'A float.', (input) => input instanceof Float),
  test('integer', 'An integer, and no boolean.', (input) => typeof input === 'number' || typeof input === 'bigint'),
  test('iterable', 'Something that can be walked: a list, a dict, text.', (input) => {
    checkUsable(input)
    return isIterable(input)
  }),
  test('lower', 'Text in lower case.', (input) => isLower(print(input))),
  test('mapping', 'A dict.', (input) => input instanceof Dict),
  test('none', 'None.', (input) => input === null),
  test('number', 'An integer, a float or a boolean.', (input) => typeof input === 'boolean' || isNumber(input)),
  test('sequence', 'A list, a tuple, text or a dict.', (input) => !(input instanceof Undefined || input instanceof DictView) && isIterable(input)),
  test('string', 'Text.', (input) => typeof input === 'string'),
  test('true', 'True itself.', (input) => input === true),
  test('undefined', 'There is no such value.', (input) => input instanceof Undefined),
  test('upper', 'Text in upper case.', (input) => isUpper(print(input))),
  test('vault_encrypted', 'A value that is still encrypted; none is, once it is loaded.', () => false),
]

function isNumber(input: Value): boolean {
  return typeof input === 'number' || typeof input === 'bigint' || input instanceof Float
}
