import t from 'tap'
import { DiagnosticError, fail } from '../../../runner/diagnostic/diagnostic.ts'
import { faultsOf } from '../../support/faults.ts'

t.test('an error carries all its diagnostics, and its cause', async (t) => {
  const cause = new Error('why')
  const error = new DiagnosticError(
    [
      { code: 'WRONG_TYPE', severity: 'error', summary: 'a' },
      { code: 'BAD_OPTION', severity: 'error', summary: 'b' },
    ],
    { cause },
  )
  t.match(
    { message: error.message, name: error.name, first: error.first.summary, cause: error.cause },
    { message: 'a; b', name: 'DiagnosticError', first: 'a', cause },
  )
  t.strictSame(new DiagnosticError({ code: 'WRONG_TYPE', severity: 'error', summary: 'a' }).diagnostics.length, 1)
})

t.test('fail throws an error', async (t) => {
  t.strictSame(
    faultsOf(() => fail('REFUSED', 'no', { hint: 'x' })),
    ['REFUSED - no | x'],
  )
})
