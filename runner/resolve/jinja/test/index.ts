/** All tests, by name. */
import { table } from '../runtime/table.ts'
import { FILE_TESTS } from './file.ts'
import { NETWORK_TESTS } from './network.ts'
import { RESULT_TESTS } from './result.ts'
import { TYPE_TESTS } from './type.ts'
import { VALUE_TESTS } from './value.ts'

const BUILTIN = ['ansible.builtin', 'ansible.legacy']

export const TESTS = table([
  { collections: BUILTIN, operations: TYPE_TESTS },
  { collections: BUILTIN, operations: VALUE_TESTS },
  { collections: BUILTIN, operations: RESULT_TESTS },
  { collections: BUILTIN, operations: FILE_TESTS },
  { collections: ['ansible.utils'], operations: NETWORK_TESTS },
])
