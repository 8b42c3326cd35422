/** Backslash escapes as Python has them, in quoted text of INI inventories and, but for octal ones, in `name=value` arguments. */

const ESCAPE = /\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|([abfnrtv'"\\]))/g
const CHARACTERS: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** The text with its escapes decoded. What is no escape stays as it is; without `octal` `\1` is none, and stands for a group of an expression. */
export function decodeEscapes(text: string, { octal: takesOctal = false } = {}): string {
  return text.replace(ESCAPE, (whole, long?: string, short?: string, byte?: string, octal?: string, character?: string) => {
    if (character !== undefined) return CHARACTERS[character] ?? character
    if (octal !== undefined && !takesOctal) return whole
    const code = octal === undefined ? parseInt((long ?? short ?? byte)!, 16) : parseInt(octal, 8)
    return code > 0x10ffff ? whole : String.fromCodePoint(code)
  })
}
