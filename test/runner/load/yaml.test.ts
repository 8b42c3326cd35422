import t from 'tap'
import type { Diagnostic } from '../../../runner/diagnostic/diagnostic.ts'
import { formatPosition, SourceFile } from '../../../runner/diagnostic/source.ts'
import { entryOf, nodeAt, parseYaml, toRaw, type Node } from '../../../runner/load/yaml.ts'
import { faultsOf } from '../../support/faults.ts'
import { repr } from '../../../runner/value/print.ts'
import { RawDict, Template, Vaulted, type Raw } from '../../../runner/value/value.ts'

function read(text: string): { node: Node; warnings: Diagnostic[] } {
  const warnings: Diagnostic[] = []
  return { node: parseYaml(new SourceFile('f.yml', text), (warning) => warnings.push(warning)), warnings }
}

/** What was read as Python would print it, a template as `t'text'`. */
function shown(raw: Raw): string {
  if (raw instanceof Template) return `t${repr(raw.text)}`
  if (Array.isArray(raw)) return `[${raw.map(shown).join(', ')}]`
  if (raw instanceof RawDict) return `{${[...raw].map(([key, value]) => `${repr(key)}: ${shown(value)}`).join(', ')}}`
  if (raw instanceof Vaulted) return 'vaulted'
  return repr(raw)
}

const refusals = (text: string): string[] => faultsOf(() => read(text))

// The right sides are what PyYAML 6.0.3's safe loader prints.
const SCALARS: Readonly<Record<string, string>> = {
  yes: 'True',
  Yes: 'True',
  on: 'True',
  TRUE: 'True',
  no: 'False',
  Off: 'False',
  false: 'False',
  y: "'y'",
  n: "'n'",
  tRue: "'tRue'",
  yEs: "'yEs'",
  '': 'None',
  '~': 'None',
  null: 'None',
  NULL: 'None',
  nUll: "'nUll'",
  '0': '0',
  '-0': '0',
  '+1': '1',
  '-12': '-12',
  '1_000': '1000',
  '0b101': '5',
  '-0b11': '-3',
  '0x1F': '31',
  '-0x1f': '-31',
  '010': '8',
  '0644': '420',
  '0_1': '1',
  '0o10': "'0o10'",
  '08': "'08'",
  '1:30': '90',
  '-1:30': '-90',
  '190:20:30': '685230',
  '1:60': "'1:60'",
  '9007199254740993': '9007199254740993',
  '99999999999999999999': '99999999999999999999',
  '1.0': '1.0',
  '1.': '1.0',
  '.5': '0.5',
  '-.5': "'-.5'",
  '1e3': "'1e3'",
  '1.0e3': "'1.0e3'",
  '1.0e+3': '1000.0',
  '1.5E-3': '0.0015',
  '1_0.5': '10.5',
  '1:30.5': '90.5',
  '.inf': 'inf',
  '-.Inf': '-inf',
  '.NaN': 'nan',
  '1,000': "'1,000'",
  '0x1.8': "'0x1.8'",
  // Dates stay text: that is how they print.
  '2001-12-14': 'datetime.date(2001, 12, 14)',
  '2001-1-2': "'2001-1-2'",
  '2001-12-14 01:02:03.5': 'datetime.datetime(2001, 12, 14, 1, 2, 3, 500000)',
  '2001-12-14T01:02:03+02:00': 'datetime.datetime(2001, 12, 14, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))',
  '2001-12-14T01:02:03Z': 'datetime.datetime(2001, 12, 14, 1, 2, 3, tzinfo=datetime.timezone.utc)',
  '2001-13-14': "'2001-13-14'",
  '!!binary aGk=': "'hi'",
  '!!timestamp 2001-12-14': 'datetime.date(2001, 12, 14)',
  '!!omap [{a: 1}, {b: [2]}]': "[['a', 1], ['b', [2]]]",
  "'yes'": "'yes'",
  '"1"': "'1'",
  "'it''s'": '"it\'s"',
  '"x\\ty\\u00e9\\x41"': "'x\\tyéA'",
  "''": "''",
  'x#c': "'x#c'",
  'x # c': "'x'",
  '-x': "'-x'",
  ':x': "':x'",
  '1 2': "'1 2'",
  '!!str 5': "'5'",
  '!!str': "''",
  "!!int '3'": '3',
  '!!float 1': '1.0',
  '!!bool yes': 'True',
  '!!null x': 'None',
  '! 5': '5',
  '!!map {b: 1}': "{'b': 1}",
  '!!seq [1]': '[1]',
  "'{{ x }}'": "t'{{ x }}'",
  "'{% if x %}y{% endif %}'": "t'{% if x %}y{% endif %}'",
  '!!str "{{ x }}"': "t'{{ x }}'",
  "!unsafe '{{ x }}'": "'{{ x }}'",
  "!unsafe ['{{ x }}', {a: '{{ y }}'}]": "['{{ x }}', {'a': '{{ y }}'}]",
}

t.test('a plain scalar is what PyYAML makes of it', async (t) => {
  for (const [text, expected] of Object.entries(SCALARS)) t.equal(shown(toRaw(read(`a: ${text}`).node)), `{'a': ${expected}}`, text)
})

const DOCUMENTS: readonly (readonly [name: string, text: string, expected: string])[] = [
  ['an empty file', '', 'None'],
  ['only a comment', '# x\n', 'None'],
  ['an empty document with an end', '--- \n...\n', 'None'],
  ['CRLF', 'a: 1\r\nb: |\r\n  x\r\n  y\r\n', "{'a': 1, 'b': 'x\\ny\\n'}"],
  ['a byte order mark', '\ufeffa: 1', "{'a': 1}"],
  ['block scalars', 'a: |\n  x\n   y\nb: >-\n  x\n  y\nc: |+\n  x\n\n', "{'a': 'x\\n y\\n', 'b': 'x y', 'c': 'x\\n\\n'}"],
  ['an alias', 'a: &x [1]\nb: *x', "{'a': [1], 'b': [1]}"],
  ['an anchor given twice: the nearest before counts', 'a: &x 1\nb: &x 2\nc: *x', "{'a': 1, 'b': 2, 'c': 2}"],
  ['a merge key: own keys win, and keep the place', 'b: {q: 3, <<: {p: 1, q: 2}, r: 4}', "{'b': {'p': 1, 'q': 3, 'r': 4}}"],
  ['a list of merges: the first wins', 'b: {<<: [{p: 1, q: 2}, {q: 5, s: 6}], r: 4}', "{'b': {'q': 2, 's': 6, 'p': 1, 'r': 4}}"],
  ['a merge key in quotes is a key', "b: {'<<': {p: 1}}", "{'b': {'<<': {'p': 1}}}"],
  ['keys keep their type', "1: a\n'1': b\nnull: d\n1.5: e\n2001-12-14: f", "{1: 'a', '1': 'b', None: 'd', 1.5: 'e', datetime.date(2001, 12, 14): 'f'}"],
  ['keys that are equal in Python are one', '1: a\ntrue: b\n1.0: c', "{1: 'c'}"],
  ['the version of YAML changes nothing', '%YAML 1.2\n---\na: yes', "{'a': True}"],
  ['a block whose last line has no end', 'a: |\n  x\n  y', "{'a': 'x\\ny'}"],
  ['a block that keeps what is at its end', 'a: >+\n  x\n  y', "{'a': 'x y'}"],
  ['a block before an empty line', 'a: |\n  x\n\n', "{'a': 'x\\n'}"],
  ['a comment close behind', 'a: "x"#c\nb: [1]#c\nc: |# c\n  x\n', "{'a': 'x', 'b': [1], 'c': 'x\\n'}"],
  ['quotes that go on at the column of their key', 'a:\n  b: "x\n  y\n\n  z"\nc: \'x\ny\'', "{'a': {'b': 'x y\\nz'}, 'c': 'x y'}"],
  ['brackets that go on in the first column', 'a:\n  b: [1,\n2, {c: 3,\nd: "e\nf"},\n]\ng: {\n}\n', "{'a': {'b': [1, 2, {'c': 3, 'd': 'e f'}]}, 'g': {}}"],
  ['brackets in a list', '- - [\n1]\n- "a\n- b"', "[[[1]], 'a - b']"],
  ['quotes in a block stand for themselves', 'a: |\n  "x\n  [\nb: "y\nz"', "{'a': '\"x\\n[\\n', 'b': 'y z'}"],
  ['an apostrophe in plain text begins nothing', "a: it's [\nb: 'x\ny'", "{'a': \"it's [\", 'b': 'x y'}"],
  ['a key without a value in braces', '{a:1, b}', "{'a:1': None, 'b': None}"],
]

t.test('documents', async (t) => {
  for (const [name, text, expected] of DOCUMENTS) t.equal(shown(toRaw(read(text).node)), expected, name)
})

const QUOTES = 'A value that begins with {{ has to stand in quotes: "{{ … }}".'
const REFUSED: readonly (readonly [text: string, ...expected: string[]])[] = [
  ['a: {{ x }}', `WRONG_TYPE f.yml:1:5 a key has to be text or a number | ${QUOTES}`],
  ['a: {{ x }} y', `YAML_SYNTAX f.yml:1:12 Unexpected scalar at node end | ${QUOTES}`],
  ['\ta: 1', 'YAML_SYNTAX f.yml:1:1 Tabs are not allowed as indentation | Indent with spaces; YAML refuses tabs.'],
  ['a: x\n---\nb: y', 'YAML_SYNTAX f.yml:2:1 a second YAML document begins here, where one is expected'],
  ['a: b: c', 'YAML_SYNTAX f.yml:1:4 Nested mappings are not allowed in compact mappings'],
  ['a: "x\ny"\nb: c: d', 'YAML_SYNTAX f.yml:3:4 Nested mappings are not allowed in compact mappings'],
  ['a: {b: [\nc],\nd: *e}', "YAML_SYNTAX f.yml:3:4 no anchor named 'e' stands before this alias"],
  ['a: "x\n--- y"', 'YAML_SYNTAX f.yml:1:6 Missing closing "quote'],
  ["a: 'x", "YAML_SYNTAX f.yml:1:6 Missing closing 'quote"],
  ['a: *x', "YAML_SYNTAX f.yml:1:4 no anchor named 'x' stands before this alias"],
  ['a: !foo x', "UNSUPPORTED_VALUE f.yml:1:9 the YAML tag '!foo' is not supported"],
  ['a: !foo [1]', "UNSUPPORTED_VALUE f.yml:1:9 the YAML tag '!foo' is not supported"],
  ['a: !!python/object:os {}', "UNSUPPORTED_VALUE f.yml:1:23 the YAML tag '!!python/object:os' is not supported"],
  ['a: !!set {x}', "UNSUPPORTED_VALUE f.yml:1:10 the YAML tag '!!set' is not supported"],
  ['a: !vaults |\n  1', "UNSUPPORTED_VALUE f.yml:1:12 the YAML tag '!vaults' is not supported"],
  ['a: !!int x', "WRONG_TYPE f.yml:1:10 'x' cannot be read as !!int"],
  ['b: {<<: 5}', "WRONG_TYPE f.yml:1:9 '<<' takes a mapping or a list of mappings"],
  ['? [a]\n: b', 'WRONG_TYPE f.yml:1:3 a key has to be text or a number'],
  [
    'a: @x\nb: `y`',
    'YAML_SYNTAX f.yml:1:4 Plain value cannot start with reserved character @',
    'YAML_SYNTAX f.yml:2:4 Plain value cannot start with reserved character `',
  ],
]

t.test('refusals have a place, and all are told together', async (t) => {
  for (const [text, ...expected] of REFUSED) t.strictSame(refusals(text), expected, text)
})

t.test('limits: depth, also of what is not closed; circles; documents that grow by aliases', async (t) => {
  const limit = /^LIMIT_EXCEEDED .* YAML nests deeper than 200 levels or holds more than 1000000 nodes$/
  t.strictSame(refusals('['.repeat(150) + ']'.repeat(150)), [])
  for (const text of ['['.repeat(3000) + ']'.repeat(3000), '['.repeat(5000), `${'- '.repeat(3000)}x`, 'a: &x [*x]'])
    t.match(refusals(text)[0], limit, text.slice(0, 10))
  const bomb = Array.from(
    { length: 9 },
    (_, index) =>
      `a${index}: &a${index} [${
        index === 0
          ? 'x'
          : Array(9)
              .fill(`*a${index - 1}`)
              .join()
      }]`,
  )
  t.match(refusals(bomb.join('\n'))[0], limit)
})

t.test('many aliases are no work', async (t) => {
  const text = `base: &base {x: 1}\n${Array.from({ length: 3000 }, (_, index) => `k${index}: {<<: *base}`).join('\n')}`
  const startedAt = Date.now()
  t.equal((toRaw(read(text).node) as RawDict).size, 3001)
  t.ok(Date.now() - startedAt < 20_000)
})

t.test('a key that stands twice is a warning at its place; the last counts', async (t) => {
  const { node, warnings } = read('a: 1\nb: 2\na: 3\nyes: 1\ntrue: 2')
  t.equal(shown(toRaw(node)), "{'a': 3, 'b': 2, True: 2}")
  t.strictSame(
    warnings.map(({ code, summary, range }) => `${code} ${formatPosition(range!)} ${summary}`),
    ["DUPLICATE_KEY f.yml:3:1 the key 'a' stands twice; the last one counts", "DUPLICATE_KEY f.yml:5:1 the key 'True' stands twice; the last one counts"],
  )
})

t.test('a template knows where it stands', async (t) => {
  const text = "- name: 'é {{ x }}'\n  list:\n    - |\n      {{ y }}\n"
  const { node } = read(text)
  const at = (...path: PropertyKey[]): string => {
    const template = (nodeAt(node, path).node as { value: Raw }).value as Template
    t.type(template, Template)
    return `${formatPosition(template.range)} ${text.slice(template.range.start, template.range.end)}`
  }
  t.equal(at(0, 'name'), "f.yml:1:9 'é {{ x }}'")
  t.equal(at(0, 'list', 0), 'f.yml:3:7 |\n      {{ y }}\n')
})

t.test('nodeAt gives the deepest node on the way, and the key that led there', async (t) => {
  const { node } = read('a:\n  - {b: 1}\n')
  t.equal(formatPosition(nodeAt(node, ['a', 0, 'b']).keyRange!), 'f.yml:2:6')
  t.equal(nodeAt(node, ['a', 0, 'c', 'd']).node.kind, 'map')
  t.equal(nodeAt(node, ['a', 5]).node.kind, 'list')
  t.equal(entryOf(node, 'x'), undefined)
})
