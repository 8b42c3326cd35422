import t from 'tap'
import { fromPlain, toJson, toPlain } from '../../../runner/value/convert.ts'
import { fromJson } from '../../../runner/value/read-json.ts'
import { Dict, Float } from '../../../runner/value/value.ts'

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
