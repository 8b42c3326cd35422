import t from 'tap'
import type { Inventory } from '../../../runner/load/inventory/inventory.ts'
import { INVENTORY_RULES, readInventory } from '../../../runner/load/inventory/sources.ts'
import { Reader } from '../../../runner/load/reader.ts'
import { constructedInventories } from '../../../runner/resolve/constructed.ts'
import { RawDict, Template } from '../../../runner/value/value.ts'
import { faultsOf } from '../../support/faults.ts'

function read(folder: string, warnings: string[] = []): Inventory {
  const reader = new Reader(({ summary }) => warnings.push(summary), folder)
  const construct = constructedInventories({ reader, extraVars: new RawDict([['given', 'x']]) })
  return readInventory(['hosts', 'made.yml'], reader, { ...INVENTORY_RULES, required: 'all' }, construct)
}

const HOSTS = '[g]\nh.example.com n=1 tags=\'["a", ""]\'\n[g:vars]\nof_group=2\n[all:vars]\nof_all=3\n'

t.test('variables are composed first; groups see them', async (t) => {
  const made = `plugin: constructed
use_extra_vars: true
compose: {sum: n + 1, same: n, list: "[n]", other: sum, all: of_all, mine: given, short: inventory_hostname_short, later: "'{{ n }}'"}
groups: {yes-it-is: "sum == '2' and 'g' in group_names", no: n > 1, missing: nope}
keyed_groups:
  - {prefix: t, key: tags, default_value: none, parent_group: "all_{{ n }}"}
  - {key: "{'k': 'v'}", separator: "-", prefix: m}
`
  const inventory = read(t.testdir({ hosts: HOSTS, 'made.yml': made }))
  const { vars } = inventory.hosts.get('h.example.com')!
  const composed = ['sum', 'same', 'list', 'other', 'all', 'mine', 'short'].map((name) => vars.get(name))
  t.strictSame(composed, ['2', 1, [1], undefined, undefined, 'x', 'h'], 'numbers of an operation are text; what is composed, and the group all, is not seen')
  t.match(vars.get('later'), new Template('{{ n }}', (vars.get('later') as Template).range))
  t.strictSame([...inventory.groups.keys()], ['all', 'ungrouped', 'g', 'yes_it_is', 't_a', 'all_1', 't_none', 'm_k_v'])
  t.strictSame([...inventory.group('all_1').children], ['t_a', 't_none'])
})

t.test('what cannot be made is left out, and a fault where that is strict', async (t) => {
  const faults = (text: string): string[] => faultsOf(() => read(t.testdir({ hosts: HOSTS, 'made.yml': `plugin: constructed\n${text}` })))
  t.strictSame(
    faults(
      'compose: {a: nope, b: "lookup(\'env\', \'HOME\')", c: "1 +"}\nkeyed_groups: [{key: nope}, {prefix: x}, {key: n, parent_group: x}]'.replace(
        'key: n,',
        'key: "\'\'",',
      ),
    ),
    [],
  )
  t.match(faults('strict: true\ncompose: {a: nope}'), [/^BAD_INVENTORY made.yml:3:14 'a' of the host h.example.com cannot be made/])
  t.match(faults('strict: true\ngroups: {a: nope}'), [/^BAD_INVENTORY made.yml:3:13 whether the host h.example.com is in 'a' cannot be made/])
  t.match(faults('strict: true\nkeyed_groups: [{key: "\'\'"}]'), [/^BAD_INVENTORY made.yml:3:22 the key of a group of the host h.example.com is empty/])
  t.match(faults('keyed_groups: [{key: n}]'), [/the key of a group is a text, a list or a mapping, and this is 1/])
  t.match(faults('keyed_groups: [x]'), [/a keyed group is a mapping with a key/])
  t.match(faults('keyed_groups: x'), [/'keyed_groups' is a list/])
  t.match(faults('compose: [x]'), [/'compose' is a mapping of names to expressions/])
  t.match(faults('keyed_groups: [{key: tags, default_value: a, trailing_separator: false}]'), [/default_value and trailing_separator exclude one another/])
  const warnings: string[] = []
  read(t.testdir({ hosts: HOSTS, 'made.yml': 'plugin: constructed\ngroup: {}\n' }), warnings)
  t.strictSame(warnings, ["constructed has no option 'group'"])
})
