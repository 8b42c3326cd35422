/** Diagnostics as text for a person: the only place where their layout is decided. */
import type { Diagnostic } from './diagnostic.ts'

export interface Palette {
  readonly error: (text: string) => string
  readonly warning: (text: string) => string
  readonly place: (text: string) => string
  readonly hint: (text: string) => string
}

const PLAIN: Palette = { error: (text) => text, warning: (text) => text, place: (text) => text, hint: (text) => text }

/** Excerpts longer than this are cut around the caret. */
const MAX_EXCERPT_COLUMNS = 160

/**
 * One diagnostic:
 *
 *     error: 'hots' is not a keyword of a play  [UNKNOWN_KEYWORD]
 *       --> playbooks/site.yml:2:3
 *        2 |   hots: all
 *          |   ^^^^
 *       hint: Did you mean 'hosts'?
 */
export function renderDiagnostic(diagnostic: Diagnostic, palette: Palette = PLAIN): string {
  const paint = diagnostic.severity === 'error' ? palette.error : palette.warning
  const lines = [`${paint(`${diagnostic.severity}:`)} ${diagnostic.summary}  [${diagnostic.code}]`]
  if (diagnostic.range) {
    const { file, start, end } = diagnostic.range
    const { line, column } = file.position(start)
    lines.push(`  ${palette.place(`--> ${file.path}:${line}:${column}`)}`)
    const text = file.line(line)
    if (text.length > 0 && !file.secret) {
      const cut = Math.max(0, Math.min(column - 1 - MAX_EXCERPT_COLUMNS / 2, text.length - MAX_EXCERPT_COLUMNS))
      const shown = text.slice(cut, cut + MAX_EXCERPT_COLUMNS).replace(/\t/g, ' ')
      const caretAt = column - 1 - cut
      const width = Math.max(1, Math.min(end - start, shown.length - caretAt))
      const gutter = String(line).padStart(5)
      lines.push(`${gutter} | ${shown}`, `      | ${' '.repeat(caretAt)}${paint('^'.repeat(width))}`)
    }
  }
  for (const line of diagnostic.detail?.split('\n') ?? []) lines.push(`  ${line}`)
  if (diagnostic.hint) lines.push(`  ${palette.hint('hint:')} ${diagnostic.hint}`)
  return lines.join('\n')
}
