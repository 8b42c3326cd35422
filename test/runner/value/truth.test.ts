import t from 'tap'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { truth } from '../../../runner/value/truth.ts'
import { Dict, Float, Tuple, Undefined, Unknown, UnknownValueError } from '../../../runner/value/value.ts'

t.test('truth', async (t) => {
  for (const no of [null, false, 0, 0n, new Float(0), '', [], new Tuple([]), new Dict()]) t.equal(truth(no), false)
  for (const yes of [true, 1, -1n, new Float(0.1), '0', ' ', [0], new Tuple([0]), Dict.of({ a: null })]) t.equal(truth(yes), true)
  t.throws(() => truth(new Undefined('x')), DiagnosticError)
  t.throws(() => truth(new Unknown('c')), UnknownValueError)
})
