/** All tests, by name. */
import { table } from '../runtime/table.ts'
import { FILE_TESTS } from './file.ts'
import { NETWORK_TESTS } from './network.ts'
import { RESULT_TESTS } from './result.ts'
import { TYPE_TESTS } from './type.ts'
import { VALUE_TESTS } from './value.ts'

const OWN_OF_JINJA2 = (
  '!= < <= == > >= boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer iterable le lessthan ' +
  'lower lt mapping ne none number odd sameas sequence string test true undefined upper'
).split(' ')
const BUILTIN = ['ansible.builtin', 'ansible.legacy']

export const TESTS = table(
  [
    { collections: BUILTIN, operations: TYPE_TESTS },
    { collections: BUILTIN, operations: VALUE_TESTS },
    { collections: BUILTIN, operations: RESULT_TESTS },
    { collections: BUILTIN, operations: FILE_TESTS },
    { collections: ['ansible.utils'], operations: NETWORK_TESTS },
  ],
  OWN_OF_JINJA2,
)
