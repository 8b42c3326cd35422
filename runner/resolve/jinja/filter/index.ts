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
import { SWITCH_FILTERS } from './switch.ts'
import { TEXT_FILTERS } from './text.ts'
import { TIME_FILTERS } from './time.ts'
import { VALUE_FILTERS } from './value.ts'
import { VAULT_FILTERS } from './vault.ts'

const OWN_OF_JINJA2 = (
  'abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby indent int items join last ' +
  'length list lower map max min pprint reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson ' +
  'trim truncate upper urlencode urlize wordcount wordwrap xmlattr'
).split(' ')
const BUILTIN = ['ansible.builtin', 'ansible.legacy']

export const FILTERS = table(
  [
    { collections: BUILTIN, operations: TEXT_FILTERS },
    { collections: BUILTIN, operations: SEQUENCE_FILTERS },
    { collections: BUILTIN, operations: NUMBER_FILTERS },
    { collections: BUILTIN, operations: VALUE_FILTERS },
    { collections: BUILTIN, operations: DICT_FILTERS },
    { collections: BUILTIN, operations: SET_FILTERS },
    { collections: BUILTIN, operations: SERIALIZE_FILTERS },
    { collections: BUILTIN, operations: REGEX_FILTERS },
    { collections: BUILTIN, operations: PATH_FILTERS },
    { collections: BUILTIN, operations: HASH_FILTERS },
    { collections: BUILTIN, operations: RANDOM_FILTERS },
    { collections: BUILTIN, operations: TIME_FILTERS },
    { collections: BUILTIN, operations: VAULT_FILTERS },
    { collections: ['ansible.utils', 'ansible.netcommon'], operations: NETWORK_FILTERS },
    { collections: ['ansible.netcommon'], operations: SWITCH_FILTERS },
    { collections: ['community.general'], operations: QUERY_FILTERS },
    { collections: ['community.general'], operations: COLLECTION_FILTERS },
  ],
  OWN_OF_JINJA2,
)
