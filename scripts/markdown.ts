/** What generated pages have in common. */

export const GENERATED = '<!-- Made by `npm run docs`; edit the definitions instead. -->'

/** Text as it may stand in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
