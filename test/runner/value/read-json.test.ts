import t from 'tap'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { fromJson } from '../../../runner/value/read-json.ts'
import { Dict, Float } from '../../../runner/value/value.ts'

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
