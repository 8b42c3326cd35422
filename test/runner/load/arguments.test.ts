import t from 'tap'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { splitKeyValues } from '../../../runner/load/arguments.ts'
import { hasTemplateMarkers, Template, type Raw } from '../../../runner/value/value.ts'

function split(text: string, freeForm: boolean): Record<string, string> {
  const range = { file: new SourceFile('f.yml', text), start: 0, end: text.length }
  const { pairs, rest } = splitKeyValues({ kind: 'scalar', value: hasTemplateMarkers(text) ? new Template(text, range) : text, range }, freeForm)
  const shown = (raw: Raw): string => (raw instanceof Template ? `t:${raw.text}` : (raw as string))
  return { ...Object.fromEntries([...pairs].map(([name, raw]) => [name, shown(raw)])), ...(rest !== undefined && { _: shown(rest) }) }
}

// What ansible-core 2.14's parse_kv gives.
const PAIRS: readonly (readonly [string, Record<string, string>])[] = [
  ['src=a dest=/b mode=0644', { src: 'a', dest: '/b', mode: '0644' }],
  ['msg=\'hello world\' x="y z"', { msg: 'hello world', x: 'y z' }],
  ['msg="it\'s" x=\'say "hi"\'', { msg: "it's", x: 'say "hi"' }],
  ['a=b=c', { a: 'b=c' }],
  ['a= b=2', { a: '', b: '2' }],
  ["a='x\\'y'", { a: "x'y" }],
  ['a="x"y', { a: '"x"y' }],
  ['content="a\\nb"', { content: 'a\nb' }],
  ['x=\\x41 y=\\u00e9 z=\\101', { x: 'A', y: 'é', z: '\\101' }],
  ["replace='\\2 \\1' x=1", { replace: '\\2 \\1', x: '1' }],
  ['{{ n }}={{ v }} x{{ n }}=1', { '{{ n }}': 't:{{ v }}', 'x{{ n }}': '1' }],
  ['a-b=c', { 'a-b': 'c' }],
  ['x\\=y z=1', { _: 'x=y', z: '1' }],
  ['msg=x \\\n y=1', { msg: 'x', y: '1' }],
  ['msg={{ a b }} z=1', { msg: 't:{{ a b }}', z: '1' }],
  ["msg='{{ a }}' z={{ b | default('x y') }}", { msg: 't:{{ a }}', z: "t:{{ b | default('x y') }}" }],
  ['a={% if x %}y z{% endif %} b=1', { a: 't:{% if x %}y', _: 't:z{% endif %}', b: '1' }],
  ["x={{ {'a': 1} }} y=2", { x: "t:{{ {'a': 1} }}", y: '2' }],
  ['a=1\nb=2', { a: '1', b: '2' }],
  ['msg=hello world', { msg: 'hello', _: 'world' }],
  ['key with spaces', { _: 'key with spaces' }],
]

t.test('name=value', async (t) => {
  for (const [text, expected] of PAIRS) t.strictSame(split(text, false), expected, text)
})

const COMMANDS: readonly (readonly [string, Record<string, string>])[] = [
  ['echo a=b c', { _: 'echo a=b c' }],
  ['chdir=/tmp ls -l', { chdir: '/tmp', _: 'ls -l' }],
  ['ls chdir=/tmp creates=/x -l', { chdir: '/tmp', creates: '/x', _: 'ls -l' }],
  ["echo 'chdir=/tmp'", { _: "echo 'chdir=/tmp'" }],
  ['echo "a  b"   c', { _: 'echo "a  b"   c' }],
  ['echo {{ a }} creates={{ b }}', { _: 't:echo {{ a }}', creates: 't:{{ b }}' }],
  ["creates='/a b' touch x", { creates: '/a b', _: 'touch x' }],
  ["echo 'a\\nb'", { _: "echo 'a\\nb'" }],
  ['echo a \\\nb \\\nc\n', { _: 'echo a b c\n' }],
  ['cat <<EOF\na  b\nEOF\nchdir=/tmp\nls', { chdir: '/tmp', _: 'cat <<EOF\na  b\nEOF\nls' }],
  ["echo 'a \\\nb'", { _: "echo 'a \\\nb'" }],
]

t.test('a command with arguments before, within or after it', async (t) => {
  for (const [text, expected] of COMMANDS) t.strictSame(split(text, true), expected, text)
})

t.test('what is not closed is a fault', async (t) => {
  t.throws(() => split('a="unclosed', false), { message: 'a quote is not closed here: "' })
  t.throws(() => split('a={{ b', false), { message: 'a template is not closed here' })
})

t.test('a number is no text to split', async (t) => {
  const range = { file: new SourceFile('f.yml', '5'), start: 0, end: 1 }
  t.strictSame(splitKeyValues({ kind: 'scalar', value: 5, range }, true).rest, 5)
})
