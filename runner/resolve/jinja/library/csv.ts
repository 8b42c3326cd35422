/** CSV as Python's `csv` reads it. */

export interface CsvOptions {
  readonly delimiter: string
  /** Blanks after a delimiter are left out. */
  readonly skipInitialSpace?: boolean | undefined
}

/** Rows of cells; a quoted cell may hold anything. Empty lines are left out. */
export function readCsv(text: string, { delimiter, skipInitialSpace = false }: CsvOptions): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  let begun = false
  const endRow = (): void => {
    if (begun || row.length > 0) rows.push([...row, cell])
    row = []
    cell = ''
    begun = false
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[at + 1] === '"') cell += text[++at]!
      else quoted = false
    } else if (char === '"' && cell === '') quoted = begun = true
    else if (char === delimiter) {
      row.push(cell)
      cell = ''
      begun = true
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++
      endRow()
    } else if (!(skipInitialSpace && char === ' ' && cell === '')) {
      cell += char
      begun = true
    }
  }
  endRow()
  return rows
}
