/** How the parser refuses a template. */
import { fail } from '../../../diagnostic/diagnostic.ts'
import type { DiagnosticCode } from '../../../diagnostic/diagnostic.ts'
import type { TemplateSource } from '../locate.ts'

/** Throws a diagnostic that points at a stretch of the template. */
export function refuse(
  source: TemplateSource,
  start: number,
  end: number,
  summary: string,
  more: { code?: DiagnosticCode; hint?: string | undefined; detail?: string | undefined } = {},
): never {
  const { code = 'TEMPLATE_SYNTAX', hint, detail } = more
  return fail(code, summary, { range: source.locate(start, Math.max(end, start + 1)), hint, detail })
}
