import t from 'tap'
import { readInventory } from '../../../../runner/load/inventory/sources.ts'
import { Reader } from '../../../../runner/load/reader.ts'
import { faultsOf } from '../../../support/faults.ts'
import { groupsOf, plain } from './support.ts'

t.test('YAML: groups, hosts with variables, ranges, empty parts', async (t) => {
  const folder = t.testdir({
    'b.yml': `all:
  vars: {v: 1, t: '{{ x }}', oct: 0644}
  hosts: {h1: {a: 1}, 'h[2:3]': , 'h4:22': null}
  children:
    g1: {vars: {p: g1}, hosts: {h1: , h5: {b: 2}}, children: {g2: {hosts: {h6: {}}}}}
    ungrouped: {hosts: {u1: }}
g4: {hosts: {h8: }, children: {g2: }}
g5:
`,
    empty: '',
  })
  const inventory = readInventory(['b.yml'], new Reader(() => undefined, folder))
  t.strictSame(groupsOf(inventory), { ungrouped: ['u1', 'h2', 'h3', 'h4'], g1: ['h1', 'h5', 'h6'], g2: ['h6'], g4: ['h8', 'h6'], g5: [] })
  t.strictSame(plain(inventory.group('all').vars), { v: 1, t: 't:{{ x }}', oct: 420 })
  t.strictSame(plain(inventory.hosts.get('h4')!.vars), { ansible_port: 22 })
  t.strictSame(inventory.folders, [folder])
  t.strictSame([...readInventory(['empty'], new Reader(() => undefined, folder)).hosts.keys()], [])
})

t.test('a list of hosts', async (t) => {
  const inventory = readInventory(['x, y[1:2],127.0.0.1:22,'], new Reader(() => undefined))
  t.strictSame(inventory.hostsOf('ungrouped'), ['x', 'y1', 'y2', '127.0.0.1'])
  t.strictSame(inventory.folders, [])
})

t.test('a folder: by name, with folders below; not what belongs to other programs', async (t) => {
  const host = (name: string): string => `g: {hosts: {${name}: {from: ${name}}, both: {from: ${name}}}}\n`
  const folder = t.testdir({
    '02.yml': host('b'),
    '01.yaml': host('a'),
    sub: { 'c.json': '{"g": {"hosts": {"c": null}}}', hosts: '[g]\nd\n' },
    'x.ini': '[g]\nno1',
    'notes.txt': 'no',
    '.hidden.yml': host('no2'),
    'y.yml~': host('no3'),
    'ssh.cfg': 'Host *\n',
    more: '[g]\ne\n',
    group_vars: { 'g.yml': 'x: 1' },
    host_vars: { 'a.yml': 'x: 1' },
  })
  const inventory = readInventory([folder], new Reader(() => undefined))
  t.strictSame(inventory.hostsOf('g'), ['a', 'both', 'b', 'e', 'c', 'd'])
  t.equal(inventory.hosts.get('both')!.vars.get('from'), 'b')
})

t.test('faults of all sources together, each at its place', async (t) => {
  const folder = t.testdir({
    'a.yml': 'g: {host: {x: }}',
    'b.yml': '- x',
    'c.yml': 'g: {hosts: [a]}',
    'd.yml': 'g: {hosts: {a: 5}}',
    'e.yml': 'g: {children: {h: {children: {g: }}}}',
  })
  const files = ['a.yml', 'b.yml', 'c.yml', 'd.yml', 'e.yml', 'none.yml']
  t.strictSame(
    faultsOf(() => readInventory(files, new Reader(() => undefined, folder))),
    [
      "BAD_INVENTORY a.yml:1:5 'host' is not a part of a group | Did you mean 'hosts'?",
      'BAD_INVENTORY b.yml:1:1 an inventory is a mapping of groups',
      "BAD_INVENTORY c.yml:1:12 'hosts' of the group 'g' has to be a mapping",
      "BAD_INVENTORY d.yml:1:16 the variables of the host 'a' have to be a mapping",
      "BAD_INVENTORY e.yml:1:31 the group 'h' would be a child of itself",
      'FILE_NOT_FOUND - there is no file none.yml',
    ],
  )
})
