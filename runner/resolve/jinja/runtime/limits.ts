/** What bounds an evaluation, whatever a template asks for. */
import { fail } from '../../../diagnostic/diagnostic.ts'

/** The longest text that an operator, a filter or a template gives, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 10_000_000
/** The most items of a list that an operator or a filter makes. */
const MAX_ITEMS = 1_000_000
/** Nodes evaluated in one rendering. */
export const MAX_STEPS = 5_000_000
/** Macros, includes and recursive loops within one another. */
export const MAX_CALL_DEPTH = 150

export function checkTextLength(length: number): void {
  if (!(length <= MAX_TEXT_LENGTH)) fail('LIMIT_EXCEEDED', `a text would be longer than ${MAX_TEXT_LENGTH} characters`)
}

export function checkItems(count: number): void {
  if (!(count <= MAX_ITEMS)) fail('LIMIT_EXCEEDED', `a list would have more than ${MAX_ITEMS} items`)
}

/** `text` repeated, within the limit. */
export function repeatText(text: string, count: number): string {
  if (count <= 0 || text === '') return ''
  checkTextLength(text.length * count)
  return text.repeat(count)
}
