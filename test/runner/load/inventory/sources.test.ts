import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import type { Inventory } from '../../../../runner/load/inventory/inventory.ts'
import { INVENTORY_RULES, readInventory, type InventoryRules } from '../../../../runner/load/inventory/sources.ts'
import { Reader } from '../../../../runner/load/reader.ts'
import { faultLine, faultsOf } from '../../../support/faults.ts'
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
  t.strictSame(plain(inventory.hosts.get('h4')!.vars), { ansible_port: 22, inventory_file: `${folder}/b.yml`, inventory_dir: folder })
  t.strictSame(inventory.folders, [folder])
  t.strictSame([...readInventory(['empty'], new Reader(() => undefined, folder)).hosts.keys()], [])
})

t.test('a list of hosts', async (t) => {
  const inventory = readInventory(['x, y[1:2],127.0.0.1:22,'], new Reader(() => undefined))
  t.strictSame(inventory.hostsOf('ungrouped'), ['x', 'y[1:2]', '127.0.0.1'])
  t.match(plain(inventory.hosts.get('127.0.0.1')!.vars), { ansible_port: 22, inventory_file: 'x, y[1:2],127.0.0.1:22,', inventory_dir: 'None' })
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
    'b.yml': '- x',
    'c.yml': 'g: {hosts: [a]}',
    'd.yml': 'g: {hosts: {a: 5}}',
    'e.yml': 'g: {children: {h: {children: {g: }}}}',
  })
  const files = ['b.yml', 'c.yml', 'd.yml', 'e.yml', 'none.yml']
  const faults = [
    'BAD_INVENTORY b.yml:1:1 an inventory is a mapping of groups',
    "BAD_INVENTORY c.yml:1:12 'hosts' of the group 'g' has to be a mapping",
    "BAD_INVENTORY d.yml:1:16 the variables of the host 'a' have to be a mapping",
    "BAD_INVENTORY e.yml:1:16 the group 'g' would be a child of itself",
    'FILE_NOT_FOUND - there is no file none.yml',
  ]
  const warnings: string[] = []
  const reader = new Reader((warning) => warnings.push(faultLine(warning)), folder)
  // What was read before a fault stays, and groups are only put below `all` where a source was read to its end.
  t.strictSame(readInventory(files, reader).group('all').children, new Set(['ungrouped']))
  t.strictSame(warnings.splice(0), [...faults, 'BAD_INVENTORY - no inventory could be read: there is only the implicit localhost'])
  t.strictSame(readInventory(['none.yml', 'h,'], reader).hostsOf('all'), ['h'])
  t.strictSame(warnings, ['FILE_NOT_FOUND - there is no file none.yml'])

  const required = (sources: readonly string[], required: 'one' | 'all'): string[] =>
    faultsOf(() => readInventory(sources, reader, { ...INVENTORY_RULES, required }))
  t.strictSame(required(files, 'one'), faults)
  t.strictSame(required(['none.yml', 'h,'], 'all'), ['FILE_NOT_FOUND - there is no file none.yml'])
  t.equal(readInventory(['none.yml', 'h,'], reader, { ...INVENTORY_RULES, required: 'one' }).hosts.has('h'), true)
})

t.test('what is odd in YAML is left out, and told of', async (t) => {
  const folder = t.testdir({ 'a.yml': 'g: {host: {x: }, hosts: h1, children: c}\nz: text\n', 'p.yml': 'plugin: amazon.aws.aws_ec2\n' })
  const warnings: string[] = []
  const inventory = readInventory(['a.yml'], new Reader((warning) => warnings.push(faultLine(warning)), folder))
  t.strictSame(groupsOf(inventory), { ungrouped: [], g: ['h1'], c: [] })
  t.strictSame(warnings, [
    "BAD_INVENTORY a.yml:1:5 'host' is not a part of a group and is left out | Did you mean 'hosts'?",
    "BAD_INVENTORY a.yml:2:1 'z' is no group and is left out: a group is a mapping of hosts, children and vars",
  ])
  t.match(
    faultsOf(() => readInventory(['p.yml'], new Reader(() => undefined, folder))),
    ["UNSUPPORTED_VALUE p.yml:1:1 the inventory plugin 'amazon.aws.aws_ec2' is not supported"],
  )
})

t.test('a program prints groups and hosts, and templates as a file does', async (t) => {
  const folder = t.testdir({})
  const program = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text)
    chmodSync(path.join(folder, name), 0o755)
    return name
  }
  const warnings: string[] = []
  const read = (name: string): ReturnType<typeof readInventory> => readInventory([name], new Reader((warning) => warnings.push(warning.summary), folder))

  const meta = read(
    program(
      'meta',
      `#!/bin/sh\n[ "$1" = --list ] && echo '{"g": {"hosts": ["a", "b"], "vars": {"v": "{{ x }}"}, "children": ["k"]}, "k": ["c"], "d": {"x": 1.0}, "_meta": {"hostvars": {"a": {"n": [1]}}}}'\n`,
    ),
  )
  t.strictSame(groupsOf(meta), { ungrouped: [], g: ['a', 'b', 'c'], k: ['c'], d: ['d'] })
  t.strictSame(plain(meta.group('g').vars), { v: 't:{{ x }}' })
  t.match(plain(meta.hosts.get('a')!.vars), { n: [1], inventory_file: `${folder}/meta` })
  t.strictSame(warnings, [])

  const each = read(
    program('each', '#!/bin/sh\nif [ "$1" = --list ]; then echo \'{"g": ["a", "b"]}\'; elif [ "$2" = a ]; then echo "{\\"me\\": \\"$2\\"}"; fi\n'),
  )
  t.match(plain(each.hosts.get('a')!.vars), { me: 'a' })
  t.notOk(each.hosts.get('b')!.vars.has('me'))

  for (const [text, fault] of [
    ['#!/bin/sh\necho broken >&2; exit 3\n', 'BAD_INVENTORY - bad --list ended with 3'],
    ['#!/bin/sh\necho "[1]"\n', 'BAD_INVENTORY - bad --list prints no mapping of groups'],
    ['#!/bin/sh\necho "{"\n', 'BAD_INVENTORY - bad --list prints no JSON'],
    ['#!/no/such/program\n', 'BAD_INVENTORY - bad --list cannot be run | A script begins with #! and is executable.'],
  ] as const)
    t.strictSame(
      faultsOf(() => readInventory([program('bad', text)], new Reader(() => undefined, folder), { ...INVENTORY_RULES, required: 'all' })),
      [fault],
      text,
    )
  writeFileSync(path.join(folder, 'plain'), '#!/bin/sh\n')
  t.match(
    faultsOf(() => readInventory(['plain'], new Reader(() => undefined, folder), { ...INVENTORY_RULES, required: 'all' })),
    [/plain is a script that may not be run \| Make it executable/],
  )
})

t.test('a file without an ending is YAML where it reads as a mapping, and INI otherwise', async (t) => {
  const folder = t.testdir({ y: 'g: {hosts: {a: }}\n', j: '{"g": {"hosts": {"b": null}}}', i: '[g]\nc x=1\n', l: 'd\ne\n' })
  const inventory = readInventory(['y', 'j', 'i', 'l'], new Reader(() => undefined, folder))
  t.strictSame(groupsOf(inventory), { ungrouped: ['d', 'e'], g: ['a', 'b', 'c'] })
})

t.test('the forms that are enabled, in their order; the fault of the first is told', async (t) => {
  const folder = t.testdir({ 'ini.yml': '[g]\na v=1\n', both: 'g:\n', 'ring.yml': 'g: {hosts: [a]}', 'set.config': 'plugin: constructed\n' })
  const rules = (...forms: string[]): InventoryRules => ({ ...INVENTORY_RULES, forms, required: 'all' })
  const read = (source: string, ...forms: string[]): Inventory => readInventory([source], new Reader(() => undefined, folder), rules(...forms))
  const faults = (source: string, ...forms: string[]): string[] => faultsOf(() => read(source, ...forms))
  t.strictSame(groupsOf(read('ini.yml', 'yaml', 'ini')), { ungrouped: [], g: ['a'] })
  t.match(faults('ini.yml', 'yaml'), [/^YAML_SYNTAX ini.yml:2:1 /])
  t.match(faults('ring.yml', 'yaml', 'ini'), [/^BAD_INVENTORY ring.yml:1:12 'hosts' of the group 'g' has to be a mapping/])
  t.strictSame(groupsOf(read('both', 'ansible.builtin.yaml')), { ungrouped: [], g: [] })
  t.match(faults('both', 'ini', 'yaml', 'host_list'), [])
  t.strictSame(groupsOf(read('h[1:2],', 'advanced_host_list')), { ungrouped: ['h1', 'h2'] })
  t.match(faults('h,', 'aws_ec2', 'yaml'), [/'h,' is in none of the forms of inventories that are enabled/])
  t.match(faults('set.config', 'constructed'), [/the inventory plugin 'constructed' is not supported/])
})

t.test('names of groups are made names of variables where that is asked for', async (t) => {
  const folder = t.testdir({ hosts: '[a-b]\nh\n[p.q:children]\na-b\n[9z]\n', 'more.yml': 'a-b: {hosts: {i: }, children: {c-d: }}\n' })
  const inventory = readInventory(['hosts', 'more.yml'], new Reader(() => undefined, folder), { ...INVENTORY_RULES, safeGroupNames: true })
  t.strictSame(groupsOf(inventory), { ungrouped: [], a_b: ['h', 'i'], p_q: ['h', 'i'], _z: [], c_d: [] })
})
