/** All filters, by name. */
import { table } from '../runtime/table.ts'
import { COLLECTION_FILTERS } from './collection.ts'
import { DICT_FILTERS } from './dict.ts'
import { HASH_FILTERS } from './hash.ts'
import { NETWORK_FILTERS } from './network.ts'
import { NUMBER_FILTERS } from './number.ts'
import { PATH_FILTERS } from './path.ts'
import { QUERY_FILTERS } from './query.ts'
import { RANDOM_FILTERS } from './random.ts'
import { REGEX_FILTERS } from './regex.ts'
import { SEQUENCE_FILTERS } from './sequence.ts'
import { SERIALIZE_FILTERS } from './serialize.ts'
import { SET_FILTERS } from './set.ts'
import { TEXT_FILTERS } from './text.ts'
import { TIME_FILTERS } from './time.ts'
import { VALUE_FILTERS } from './value.ts'
import { VAULT_FILTERS } from './vault.ts'

export const FILTERS = table([
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: TEXT_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: SEQUENCE_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: NUMBER_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: VALUE_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: DICT_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: SET_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: SERIALIZE_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: REGEX_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: PATH_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: HASH_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: RANDOM_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: TIME_FILTERS },
  { collections: ['ansible.builtin', 'ansible.legacy'], operations: VAULT_FILTERS },
  { collections: ['ansible.utils', 'ansible.netcommon'], operations: NETWORK_FILTERS },
  { collections: ['community.general'], operations: QUERY_FILTERS },
  { collections: ['community.general'], operations: COLLECTION_FILTERS },
])
