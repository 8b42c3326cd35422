import t from 'tap'
import { faultsOf } from '../../../support/faults.ts'
import { groupsOf, ini, plain } from './support.ts'

t.test('hosts, groups, children', async (t) => {
  t.strictSame(groupsOf(ini('a\n[g] # c\nb:22\n  c\n[p:children]\ng\nlater # c\n; c\n\n[later]\na\n')), {
    ungrouped: [],
    g: ['b', 'c'],
    p: ['b', 'c', 'a'],
    later: ['a'],
  })
  t.equal(ini('b:2222').hosts.get('b')!.vars.get('ansible_port'), 2222)
  t.strictSame(groupsOf(ini('[e]\n')), { ungrouped: [], e: [] })
})

// The right sides are what ansible-inventory 2.14 has, but for dates and templates.
t.test('values in a [group:vars] section', async (t) => {
  for (const [text, expected] of [
    ['1', 1],
    ['-5', -5],
    ['1_000', 1000],
    ['0x1f', 31],
    ['-0x1f', -31],
    ['0b11', 3],
    ['0o17', 15],
    ['01', '01'],
    ['0644', '0644'],
    ['1.5', '1.5 as float'],
    ['1e3', '1000 as float'],
    ['True', true],
    ['true', 'true'],
    ['yes', 'yes'],
    ['None', null],
    ['', ''],
    ['two words', 'two words'],
    ["'quoted # not'", 'quoted # not'],
    ['text # no comment', 'text # no comment'],
    ["'a' # comment", 'a'],
    ["'a' 'b'", 'ab'],
    ['"1"', '1'],
    ['"[1, 2]"', '[1, 2]'],
    ['[1, 2, "x"]', [1, 2, 'x']],
    ['(1, 2)', [1, 2]],
    ['{"k": "v"}', { k: 'v' }],
    ['10:20', '10:20'],
    ['"esc\\n\\x41"', 'esc\nA'],
    ['[1, 2', '[1, 2'],
    ['{{ c }}', 't:{{ c }}'],
    ['"{{ c }}"', 't:{{ c }}'],
    ["['{{ c }}']", ['t:{{ c }}']],
    ['a=b', 'a=b'],
    ['a;b', 'a;b'],
  ] as const)
    t.strictSame(plain(ini(`[g]\n[g:vars]\nx = ${text}\n`).group('g').vars.get('x')), expected, text)
})

t.test('values behind a host', async (t) => {
  for (const [text, expected] of [
    ['x=1', { x: 1 }],
    ["x='a b'", { x: 'a b' }],
    ['x=a\\ b', { x: 'a b' }],
    ['x="x # y"', { x: 'x # y' }],
    ['x=a#b', { x: 'a' }],
    ['x=1 # y=2', { x: 1 }],
    ['x="b c"d', { x: 'b cd' }],
    ['x=\\"b', { x: '"b' }],
    ['x=a=b', { x: 'a=b' }],
    ['x=', { x: '' }],
    ['x=[1,2]', { x: [1, 2] }],
    ['x="[1, 2]"', { x: [1, 2] }],
    ["x='{{ y }}'", { x: 't:{{ y }}' }],
    ['x={{y}}', { x: 't:{{y}}' }],
    ['x="{\'a\': 1}"', { x: { a: 1 } }],
  ] as const)
    t.strictSame(plain(ini(`h ${text}\n`).hosts.get('h')!.vars), { inventory_file: null, inventory_dir: null, ...expected }, text)
  t.strictSame(plain(ini('h a=1\n[g]\nh a=2\nh b=3').hosts.get('h')!.vars), { inventory_file: null, inventory_dir: null, a: 2, b: 3 })
})

t.test('what Ansible refuses is refused, at its line', async (t) => {
  for (const [text, summary, line] of [
    ['h x', "'x' after the host 'h' is not name=value", 1],
    ['\nh x=[1, 2]', "'2]' after the host 'h' is not name=value", 2],
    ["h x=it's", 'a quote is not closed on this line', 1],
    ['[a b]', 'this section header cannot be read', 1],
    ['[]', 'this section header cannot be read', 1],
    ['[a:foo]', "'foo' is not a kind of section", 1],
    ['[a:vars]\nx=1', 'there is no section [a]', 1],
    ['[a:children]\nb', 'there is no section [b]', 2],
    ['[a]\n[a:vars]\nx', "a variable is name=value, and this is 'x'", 3],
    ['[a]\n[a:children]\na', "the group 'a' would be a child of itself", 3],
    ['[a:children]\nb\n[b:children]\na', "the group 'b' would be a child of itself", 4],
    ['[a:children]\nb c', "'b c' is not the name of a group", 2],
  ] as const) {
    const [told] = faultsOf(() => ini(text))
    t.ok(told?.startsWith(`BAD_INVENTORY hosts:${line}:`), `${text}: line`)
    t.match(told, summary, text)
  }
  t.strictSame(
    faultsOf(() => ini('[web]\n[wbe:vars]\nx=1')),
    ["BAD_INVENTORY hosts:2:1 there is no section [wbe] | Did you mean 'web'?"],
  )
})
