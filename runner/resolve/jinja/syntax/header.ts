/** The `#jinja2:` line that a template file may begin with. */
import type { SourceFile } from '../../../diagnostic/source.ts'
import { truth } from '../../../value/truth.ts'
import type { Value } from '../../../value/value.ts'
import { fileSource } from '../locate.ts'
import { readLiteral } from '../runtime/literal.ts'
import { refuse } from './fault.ts'
import type { SyntaxOptions } from './options.ts'

const HEADER = /^#jinja2:([^\r\n]*)(?:\r\n|\r|\n|$)/

const NAMES: Readonly<Record<string, { readonly option: keyof SyntaxOptions; readonly type: 'string' | 'boolean' }>> = {
  block_start_string: { option: 'blockStart', type: 'string' },
  block_end_string: { option: 'blockEnd', type: 'string' },
  variable_start_string: { option: 'variableStart', type: 'string' },
  variable_end_string: { option: 'variableEnd', type: 'string' },
  comment_start_string: { option: 'commentStart', type: 'string' },
  comment_end_string: { option: 'commentEnd', type: 'string' },
  trim_blocks: { option: 'trimBlocks', type: 'boolean' },
  lstrip_blocks: { option: 'lstripBlocks', type: 'boolean' },
  line_statement_prefix: { option: 'lineStatementPrefix', type: 'string' },
  line_comment_prefix: { option: 'lineCommentPrefix', type: 'string' },
  keep_trailing_newline: { option: 'keepTrailingNewline', type: 'boolean' },
  newline_sequence: { option: 'newlineSequence', type: 'string' },
}

/** The options of a file's header, and how long it is; the template starts after it. */
export function readHeader(file: SourceFile): { options: Partial<SyntaxOptions>; length: number } {
  const found = HEADER.exec(file.text)
  if (found === null) return { options: {}, length: 0 }
  const options: Record<string, Value> = {}
  for (const part of splitPairs(found[1]!)) {
    const [, key = '', text = ''] = /^\s*(\w+)\s*:\s*(.*?)\s*$/s.exec(part) ?? []
    const known = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined
    const value = readLiteral(text)
    if (value === undefined || (known?.type === 'string' && (typeof value !== 'string' || value === ''))) {
      const names = Object.keys(NAMES).join(', ')
      refuse(fileSource(file), 0, found[0].trimEnd().length, `a #jinja2: header with '${part.trim()}' is not understood`, { hint: `It takes ${names}.` })
    }
    // As in Ansible what jinja has no option for is of no effect, and of a switch the truth counts.
    if (known) options[known.option] = known.type === 'boolean' ? truth(value) : value
  }
  return { options, length: found[0].length }
}

/** Splits at commas outside of quotes. */
function splitPairs(text: string): string[] {
  return [...text.matchAll(/(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"])+/g)].map((each) => each[0]).filter((each) => each.trim() !== '')
}
