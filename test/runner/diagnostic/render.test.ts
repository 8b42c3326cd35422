import t from 'tap'
import { renderDiagnostic } from '../../../runner/diagnostic/render.ts'
import { SourceFile } from '../../../runner/diagnostic/source.ts'

const file = new SourceFile('p.yml', '- hots: all\n\tx: y\n\n')

t.test('all parts', async (t) => {
  t.equal(
    renderDiagnostic({ code: 'UNKNOWN_KEYWORD', severity: 'error', summary: 'wrong', detail: 'one\ntwo', range: { file, start: 2, end: 6 }, hint: 'Do this.' }),
    'error: wrong  [UNKNOWN_KEYWORD]\n  --> p.yml:1:3\n    1 | - hots: all\n      |   ^^^^\n  one\n  two\n  hint: Do this.',
  )
})

t.test('as little as there is', async (t) => {
  t.equal(renderDiagnostic({ code: 'DUPLICATE_KEY', severity: 'warning', summary: 'twice' }), 'warning: twice  [DUPLICATE_KEY]')
  t.equal(
    renderDiagnostic({ code: 'DUPLICATE_KEY', severity: 'warning', summary: 'x', range: { file, start: 18, end: 18 } }),
    'warning: x  [DUPLICATE_KEY]\n  --> p.yml:3:1',
  )
})

t.test('a range over several lines is marked to the end of its first; tabs do not move the caret', async (t) => {
  t.match(renderDiagnostic({ code: 'WRONG_TYPE', severity: 'error', summary: 'x', range: { file, start: 8, end: 15 } }), /1 \| - hots: all\n {6}\| {9}\^\^\^$/)
  t.match(renderDiagnostic({ code: 'WRONG_TYPE', severity: 'error', summary: 'x', range: { file, start: 13, end: 14 } }), /2 \| {2}x: y\n {6}\| {2}\^$/)
})

t.test('long lines are cut around the caret', async (t) => {
  const long = new SourceFile('l.yml', `${'a'.repeat(500)}HERE${'b'.repeat(500)}`)
  const [, , excerpt, caret] = renderDiagnostic({ code: 'WRONG_TYPE', severity: 'error', summary: 'x', range: { file: long, start: 500, end: 504 } }).split(
    '\n',
  )
  t.equal(excerpt!.length, '    1 | '.length + 160)
  t.equal(excerpt!.indexOf('HERE'), caret!.indexOf('^^^^'))
})

t.test('colours go around the parts', async (t) => {
  const palette = {
    error: (text: string) => `E(${text})`,
    warning: (text: string) => `W(${text})`,
    place: (text: string) => `P(${text})`,
    hint: (text: string) => `H(${text})`,
  }
  t.equal(
    renderDiagnostic({ code: 'WRONG_TYPE', severity: 'error', summary: 'x', range: { file, start: 2, end: 4 }, hint: 'y' }, palette),
    'E(error:) x  [WRONG_TYPE]\n  P(--> p.yml:1:3)\n    1 | - hots: all\n      |   E(^^)\n  H(hint:) y',
  )
})
