import t from 'tap'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { fromPlain, toJson, toPlain } from '../../../runner/value/convert.ts'
import { equal, getItem, hasItem, setItem } from '../../../runner/value/equal.ts'
import { print, repr, reprFloat } from '../../../runner/value/print.ts'
import { fromJson } from '../../../runner/value/read-json.ts'
import { truth } from '../../../runner/value/truth.ts'
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

t.test('truth', async (t) => {
  for (const no of [null, false, 0, 0n, new Float(0), '', [], new Tuple([]), new Dict()]) t.equal(truth(no), false)
  for (const yes of [true, 1, -1n, new Float(0.1), '0', ' ', [0], new Tuple([0]), Dict.of({ a: null })]) t.equal(truth(yes), true)
  t.throws(() => truth(new Undefined('x')), DiagnosticError)
  t.throws(() => truth(new Unknown('c')), UnknownValueError)
})

t.test('equality', async (t) => {
  const same: [Value, Value][] = [
    [1, new Float(1)],
    [1, true],
    [0, false],
    [2n ** 64n, new Float(2 ** 64)],
    [
      [1, [2]],
      [1, [2]],
    ],
    [Dict.of({ a: 1, b: 2 }), Dict.of({ b: 2, a: 1 })],
    [new Dict([[1, 'x']]), new Dict([[new Float(1), 'x']])],
    [new Tuple([1]), new Tuple([true])],
  ]
  for (const [a, b] of same) t.equal(equal(a, b), true, `${print(a)} == ${print(b)}`)
  const apart: [Value, Value][] = [
    [1, '1'],
    [null, false],
    ['', null],
    ['', []],
    [[1], new Tuple([1])],
    [2n ** 53n + 1n, new Float(2 ** 53)],
    [Dict.of({ a: 1 }), Dict.of({ a: 2 })],
    [[], new Dict()],
  ]
  for (const [a, b] of apart) t.equal(equal(a, b), false, `${print(a)} != ${print(b)}`)
})

t.test('keys are found by equality', async (t) => {
  const dict = new Dict([
    [1, 'one'],
    ['1', 'text'],
    [new Tuple([1, 2]), 'pair'],
  ])
  t.equal(getItem(dict, true), 'one')
  t.equal(getItem(dict, new Float(1)), 'one')
  t.equal(getItem(dict, '1'), 'text')
  t.equal(getItem(dict, new Tuple([1, new Float(2)])), 'pair')
  t.equal(hasItem(dict, 2), false)
  setItem(dict, true, 'uno')
  t.same([...dict.keys()].slice(0, 1), [1])
  t.equal(dict.get(1), 'uno')
})

t.test('JSON as Python writes it', async (t) => {
  const value = Dict.of({ b: [1, new Float(2), null], a: 'é\u007f"\n', c: new Dict(), d: [] })
  t.equal(toJson(value), '{"b": [1, 2.0, null], "a": "\\u00e9\\u007f\\"\\n", "c": {}, "d": []}')
  t.equal(toJson(value, { ensureAscii: false, separators: [',', ':'] }), '{"b":[1,2.0,null],"a":"é\u007f\\"\\n","c":{},"d":[]}')
  t.equal(toJson(Dict.of({ b: [1], a: 2 }), { indent: 4, sort: true }), '{\n    "a": 2,\n    "b": [\n        1\n    ]\n}')
  t.equal(
    toJson(
      new Dict([
        [1, 1],
        [true, 2],
        [null, 3],
        [new Float(1.5), 4],
      ] as never),
    ),
    '{"1": 2, "null": 3, "1.5": 4}'.replace('2', '1, "true": 2'),
  )
  t.equal(toJson(10n ** 20n), '100000000000000000000')
})

t.test('JSON as Python reads it', async (t) => {
  t.same(
    fromJson(' {"a": [1, 1.0, -2e3, true, null, "x\\u00e9\\n"], "__proto__": 5} '),
    Dict.of({ a: [1, new Float(1), new Float(-2000), true, null, 'xé\n'], ['__proto__']: 5 }),
  )
  t.equal(fromJson('12345678901234567890'), 12345678901234567890n)
  t.same(fromJson('NaN'), new Float(NaN))
  for (const bad of ['', '{', '[1,]', '{"a" 1}', "'a'", '01', 'nul', '"a\n"', '[1] 2', '{a: 1}']) t.throws(() => fromJson(bad), SyntaxError, bad)
  t.throws(() => fromJson('['.repeat(100_000)), DiagnosticError)
})

t.test('plain data', async (t) => {
  const plain = toPlain(fromJson('{"__proto__": {"x": 1}, "1": [1.5]}')) as Record<string, unknown>
  t.same(Object.keys(plain).sort(), ['1', '__proto__'])
  t.equal(Object.getPrototypeOf(plain), Object.prototype)
  t.equal((plain as { x?: unknown }).x, undefined)
  t.same(
    fromPlain({ a: [1, 1.5, undefined], b: undefined, c: new Map([[1, 2]]) }),
    new Dict([
      ['a', [1, new Float(1.5), null]],
      ['c', new Dict([[1, 2]])],
    ] as never),
  )
})
