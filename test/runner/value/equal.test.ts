import t from 'tap'
import { equal, getItem, hasItem, setItem } from '../../../runner/value/equal.ts'
import { print } from '../../../runner/value/print.ts'
import { Dict, Float, Tuple } from '../../../runner/value/value.ts'
import type { Value } from '../../../runner/value/value.ts'

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
