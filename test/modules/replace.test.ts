import t from 'tap'
import module from '../../modules/replace.ts'
import { Content } from '../../runner/module.ts'
import { folder, parametersOf, simulate, textFile } from '../support/module.ts'

/** The text after, or undefined where nothing changes, and `msg`. */
function edit(text: string, args: string): [string | undefined, unknown] {
  const { puts, result } = simulate(module, `path: /f\n${args}`, { '/f': textFile(text) })
  return [puts['/f'], result['msg']]
}

t.test('replacing', async (t) => {
  const table: [string, string, string, string | undefined, string][] = [
    ['each line by itself', 'a\nb\na\n', "regexp: '^a$'\nreplace: x", 'x\nb\nx\n', '2 replacements made'],
    ['groups', 'k = 1\n', "regexp: '(\\w) = (?P<v>\\d)'\nreplace: '\\g<v>=\\1'", '1=k\n', '1 replacements made'],
    ['to nothing', 'ab\n', 'regexp: a', 'b\n', '1 replacements made'],
    ['the same again', 'a\n', 'regexp: a\nreplace: a', undefined, ''],
    ['over lines', 'a\nb\n', "regexp: 'a\\nb'\nreplace: c", 'c\n', '1 replacements made'],
    ['after a place', 'x\n[a]\nx\n', "regexp: x\nreplace: y\nafter: '\\[a\\]'", 'x\n[a]\ny\n', '1 replacements made'],
    ['before a place', 'x\n[a]\nx\n', "regexp: x\nreplace: y\nbefore: '\\[a\\]'", 'y\n[a]\nx\n', '1 replacements made'],
    ['between places', 'x[x]x\n', "regexp: x\nreplace: y\nafter: '\\['\nbefore: '\\]'", 'x[y]x\n', '1 replacements made'],
    ['no such place', 'x\n', 'regexp: x\nafter: z', undefined, 'Pattern for before/after params did not match the given file: z(?P<subsection>.*)'],
    ['beyond ASCII', 'é\n', "regexp: '\\w'\nreplace: ü", 'ü\n', '1 replacements made'],
  ]
  for (const [name, text, args, after, message] of table) t.same(edit(text, args), [after, message], name)
})

t.test('bytes that are no UTF-8 stay', async (t) => {
  const { yielded } = simulate(module, 'path: /f\nregexp: b\nreplace: é', { '/f': { ...textFile(''), content: Content.of(Buffer.from('\xe9b', 'latin1')) } })
  t.same(yielded[0]?.kind === 'put' && yielded[0].content.bytes, Buffer.from('\xe9\xc3\xa9', 'latin1'))
})

t.test('refusals', async (t) => {
  const summary = (args: string, before = {}) => simulate(module, `path: /f\n${args}`, before).refusals[0]?.summary
  t.equal(summary('regexp: a'), 'Path /f does not exist !')
  t.equal(summary('regexp: a', { '/f': folder() }), 'Path /f is a directory !')
  t.match(summary('regexp: a\nreplace: é\nencoding: ascii', { '/f': textFile('a') }), /cannot be written in ascii/)
  t.throws(() => parametersOf(module, "path: /f\nregexp: '('"), /not valid or not supported/)
  t.throws(() => parametersOf(module, 'path: /f\nregexp: a\nencoding: koi8-r'), /not supported/)
})
