import t from 'tap'
import module from '../../modules/blockinfile.ts'
import { folder, parametersOf, simulate, textFile } from '../support/module.ts'

const BEGIN = '# BEGIN ANSIBLE MANAGED BLOCK\n'
const END = '# END ANSIBLE MANAGED BLOCK\n'

function edit(text: string, args: string): [string | undefined, unknown] {
  const { puts, result } = simulate(module, `path: /f\n${args}`, { '/f': textFile(text) })
  return [puts['/f'], result['msg']]
}

t.test('edits', async (t) => {
  const table: [string, string, string, string | undefined, string][] = [
    ['a new block', 'a\n', 'block: x', `a\n${BEGIN}x\n${END}`, 'Block inserted'],
    ['after a last line without a newline', 'a', 'block: x', `a\n${BEGIN}x\n${END}`, 'Block inserted'],
    ['the same block', `a\n${BEGIN}x\n${END}b`, 'block: x', undefined, ''],
    ['another block, in its place', `a\n${BEGIN}x\n${END}b`, 'block: "y\\nz\\n"', `a\n${BEGIN}y\nz\n${END}b`, 'Block inserted'],
    ['an end without a newline', `a\n${BEGIN}x\n${END.trimEnd()}`, 'block: y', `a\n${BEGIN}y\n${END}`, 'Block inserted'],
    ['an empty block is removed', `a\n${BEGIN}x\n${END}b\n`, 'block: ""', 'a\nb\n', 'Block removed'],
    ['absent', `a\n${BEGIN}x\n${END}b`, 'state: absent', 'a\nb', 'Block removed'],
    ['absent where there is none', 'a', 'state: absent', undefined, ''],
    ['markers the wrong way round', `${END}x\n${BEGIN}a\n`, 'block: y', `${BEGIN}y\n${END}a\n`, 'Block inserted'],
    ['after the last match', 'a\nb\na\nc\n', 'block: x\ninsertafter: ^a', `a\nb\na\n${BEGIN}x\n${END}c\n`, 'Block inserted'],
    ['before the last match', 'a\nb\na\nc\n', 'block: x\ninsertbefore: ^a', `a\nb\n${BEGIN}x\n${END}a\nc\n`, 'Block inserted'],
    ['at the beginning', 'a', 'block: x\ninsertbefore: BOF', `${BEGIN}x\n${END}a`, 'Block inserted'],
    ['at the end', 'a\n', 'block: x\ninsertafter: EOF', `a\n${BEGIN}x\n${END}`, 'Block inserted'],
    ['other markers', 'a\n', 'block: x\nmarker: <!-- {mark} -->\nmarker_begin: S\nmarker_end: E', 'a\n<!-- S -->\nx\n<!-- E -->\n', 'Block inserted'],
  ]
  for (const [name, before, args, after, message] of table) t.same(edit(before, args), [after, message], name)
})

t.test('the file', async (t) => {
  const made = simulate(module, 'path: /srv/a/f\nblock: x\ncreate: true', { '/srv': folder() })
  t.same(made.steps, ['mkdir -m 00755 /srv/a', 'chown root:root /srv/a', 'put /srv/a/f 0644 root:root'])
  t.equal(made.result['msg'], 'File created')
  t.equal(simulate(module, 'path: /f\nblock: x').refusals[0]?.summary, 'Path /f does not exist !')
  t.equal(simulate(module, 'path: /f\nstate: absent').refusals[0]?.summary, 'Path /f does not exist !')
  const left = simulate(module, 'path: /f\nstate: absent\ncreate: true')
  t.same([left.steps, left.result], [[], { msg: 'File /f not present' }])
  t.match(simulate(module, 'path: /f\nblock: x\nbackup: true', { '/f': textFile('a\n') }).result, { backup_file: '/f.2269286341.2026-01-31@10:15:59~' })
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, `path: /f\n${args}`), message, args)
  refuses('marker: none', /\{mark\}/)
  refuses('marker: "{mark}\\n"', /one line/)
  refuses('marker_begin: X\nmarker_end: X', /have to differ/)
  refuses('insertafter: a\ninsertbefore: a', /mutually exclusive/)
  refuses('insertafter: "["', /not valid or not supported/)
  t.match(parametersOf(module, 'name: /f\ncontent: x'), { path: '/f', block: 'x' })
})
