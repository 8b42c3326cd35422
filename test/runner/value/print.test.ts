import t from 'tap'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { print, repr, reprFloat } from '../../../runner/value/print.ts'
import { Dict, Float, Tuple, Undefined, Unknown, UnknownValueError } from '../../../runner/value/value.ts'
import type { Value } from '../../../runner/value/value.ts'

t.test('floats print as in Python', async (t) => {
  const table: [number, string][] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [2.5, '2.5'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e100, '1e+100'],
    [0.1, '0.1'],
    [100.25, '100.25'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ]
  for (const [number, text] of table) t.equal(reprFloat(number), text)
})

t.test('strings and containers print as in Python', async (t) => {
  t.equal(repr("it's"), `"it's"`)
  t.equal(repr(`it's "x"`), `'it\\'s "x"'`)
  t.equal(repr('a\nb\t\\\u0000\u00e9\u00a0\u2028'), "'a\\nb\\t\\\\\\x00é\\xa0\\u2028'")
  t.equal(repr('😀\u{e0001}'), "'😀\\U000e0001'")
  t.equal(print([true, null, new Float(1), 'x', 10n]), "[True, None, 1.0, 'x', 10]")
  t.equal(print(new Tuple([1])), '(1,)')
  t.equal(print(new Tuple([])), '()')
  t.equal(print(Dict.of({ a: new Tuple([1, 2]), b: [] })), "{'a': (1, 2), 'b': []}")
  const loop: Value[] = [1]
  loop.push(loop)
  t.equal(print(loop), '[1, [...]]')
})

t.test('what cannot be printed says so', async (t) => {
  t.throws(() => print([new Undefined('x')]), { message: "'x' is undefined" })
  t.throws(() => print(Dict.of({ a: new Unknown('TASK [x] has not run') })), UnknownValueError)
  let deep: Value = []
  for (let level = 0; level < 10_000; level++) deep = [deep]
  t.throws(() => print(deep), DiagnosticError)
})
