import t from 'tap'
import path from 'node:path'
import { Reader } from '../../../runner/load/reader.ts'
import { tasksOf } from '../../../runner/plan/compiled.ts'
import { Jinja } from '../../../runner/resolve/jinja/index.ts'
import { LOOKUP_NAMES, runLookup, type LookupContext } from '../../../runner/resolve/lookup.ts'
import { Evaluator, Variables } from '../../../runner/resolve/variables.ts'
import { repr } from '../../../runner/value/print.ts'
import { Dict, type Value } from '../../../runner/value/value.ts'
import { faultsOf } from '../../support/faults.ts'
import { compileFirst, loadFiles } from '../load/support.ts'

function context(t: { testdir(files: never): string }): LookupContext & { folder: string } {
  const loaded = loadFiles(t, { 'p.yml': '- hosts: all\n  tasks: [{debug: }]\n', files: { a: ' x {{ y }}\n\n', b: 'b' }, templates: { 't.j2': '' } })
  const play = compileFirst(loaded)
  const variables = new Variables()
  variables.add(
    'play vars',
    new Map<Value, Value>([
      ['one', 1],
      ['two', ['a']],
    ]),
  )
  return {
    folder: loaded.folder,
    evaluator: new Evaluator(new Jinja(), variables),
    task: [...tasksOf(play.items)][0],
    reader: new Reader(() => undefined, loaded.folder),
    render: (absolute) => `rendered ${path.basename(absolute)}`,
  }
}

t.test('what each answers', async (t) => {
  process.env['PLAYLINE_TEST_X'] = 'from env'
  t.teardown(() => delete process.env['PLAYLINE_TEST_X'])
  const given = context(t)
  for (const [name, terms, options, wantList, expected] of [
    ['env', ['PLAYLINE_TEST_X'], {}, false, "'from env'"],
    ['env', ['PLAYLINE_TEST_NONE'], {}, false, "''"],
    ['env', ['PLAYLINE_TEST_NONE'], { default: 'd' }, false, "'d'"],
    ['file', ['a'], {}, false, "' x {{ y }}'"],
    ['file', ['a'], { rstrip: false, lstrip: true }, false, "'x {{ y }}\\n\\n'"],
    ['ansible.builtin.file', ['b', 'b'], {}, false, "'b,b'"],
    ['file', ['b', 'b'], {}, true, "['b', 'b']"],
    ['template', ['t.j2'], {}, false, "'rendered t.j2'"],
    ['vars', ['one'], {}, false, '1'],
    ['vars', ['two'], {}, true, "[['a']]"],
    ['vars', ['none'], { default: 5 }, false, '5'],
    ['items', [['a', 'b'], 'c'], {}, true, "['a', 'b', 'c']"],
    ['dict', [Dict.of({ a: 1 })], {}, true, "[{'key': 'a', 'value': 1}]"],
  ] as const)
    t.equal(repr(runLookup(name, terms as unknown as Value[], Dict.of(options), wantList, given)), expected, `${name} ${expected}`)
})

t.test('what cannot be looked up', async (t) => {
  const given = context(t)
  const look = (name: string, term: Value, more: Partial<LookupContext> = {}): string[] =>
    faultsOf(() => runLookup(name, [term], new Dict(), false, { ...given, ...more }))
  t.strictSame(look('fille', 'x'), ["UNKNOWN_LOOKUP - there is no lookup 'fille' | Did you mean 'file'?"])
  t.strictSame(look('toString', 'x'), [`UNKNOWN_LOOKUP - there is no lookup 'toString' | There are: ${LOOKUP_NAMES.join(', ')}.`])
  t.strictSame(look('vars', 'onne'), ["UNDEFINED_VARIABLE - 'onne' is undefined | Did you mean 'one'?"])
  t.strictSame(look('file', 'none'), ["FILE_NOT_FOUND - there is no file 'none'"])
  t.strictSame(look('file', 'a', { task: undefined }), ["LOOKUP_FAILED - 'a' has to be an absolute path here"])
  t.strictSame(look('file', '/none', { task: undefined }), ['LOOKUP_FAILED - the file /none cannot be read'])
})
