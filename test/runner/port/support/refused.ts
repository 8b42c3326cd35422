import { DiagnosticError, type Diagnostic } from '../../../../runner/diagnostic/diagnostic.ts'

/** What a call that has to fail was refused with. Any other error, and a call that does not fail, fails the test. */
export async function refused(call: Promise<unknown>): Promise<Diagnostic> {
  try {
    await call
  } catch (error) {
    if (error instanceof DiagnosticError) return error.first
    throw error
  }
  throw new Error('it was not refused')
}
