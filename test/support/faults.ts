/** Diagnostics as lines, for tests: `CODE path:line:column summary | hint`. */
import { DiagnosticError, type Diagnostic } from '../../runner/diagnostic/diagnostic.ts'
import { formatPosition } from '../../runner/diagnostic/source.ts'

export function faultLine({ code, summary, range, hint }: Diagnostic): string {
  return `${code} ${range ? formatPosition(range) : '-'} ${summary}${hint === undefined ? '' : ` | ${hint}`}`
}

/** What work is refused with; nothing where it succeeds. */
export function faultsOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics.map(faultLine)
  }
  return []
}
