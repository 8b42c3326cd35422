/** Encodings of texts, under Python's names for them. */
import { z } from '../../runner/module.ts'

const NAMES = {
  'utf-8': ['utf8', 'u8'],
  'latin-1': ['latin1', 'iso-8859-1', 'iso8859-1', 'l1'],
  ascii: ['us-ascii'],
  'utf-16': ['utf16', 'u16'],
  'utf-16le': ['utf-16-le'],
} as const

export type Encoding = keyof typeof NAMES

/** The name of an encoding. */
export function encodingParam(): z.ZodType<Encoding> {
  return z.string().transform((written, context) => {
    const name = written.toLowerCase().replaceAll('_', '-')
    for (const [encoding, others] of Object.entries(NAMES) as [Encoding, readonly string[]][]) if (name === encoding || others.includes(name)) return encoding
    context.addIssue({ code: 'custom', message: `the encoding '${written}' is not supported; there are ${Object.keys(NAMES).join(', ')}` })
    return z.NEVER
  })
}

/** @throws {Error} where a character cannot be written in it. */
export function encodeText(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8')
    return Buffer.concat(
      text
        .split(/(?<![\ud800-\udbff])([\udc80-\udcff])/)
        .map((part, index) => (index % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.from([part.charCodeAt(0) - 0xdc00]))),
    )
  // Python writes a byte order mark where the name leaves the order open.
  if (encoding === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le')
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le')
  const highest = encoding === 'ascii' ? 0x7f : 0xff
  for (const character of text) if (character.codePointAt(0)! > highest) throw new Error(`'${character}' cannot be written in ${encoding}`)
  return Buffer.from(text, 'latin1')
}

/** What is UTF-8 in a text of bytes, as much as there is of it; else one byte. */
const UTF8_PARTS =
  /(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+|[\x80-\xff]/g

/**
 * In UTF-8 a byte that is none becomes a lone surrogate, as Python's `surrogateescape` has it, and `encodeText` makes the byte of it again.
 *
 * @throws {Error} where the bytes are no such text.
 */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  if (encoding === 'latin-1') return bytes.toString('latin1')
  if (encoding === 'utf-8')
    return (bytes.toString('latin1').match(UTF8_PARTS) ?? [])
      .map((part) => {
        const text = Buffer.from(part, 'latin1').toString('utf8')
        return text === '\ufffd' && part.length === 1 ? String.fromCharCode(0xdc00 + part.charCodeAt(0)) : text
      })
      .join('')
  try {
    if (encoding === 'ascii' && bytes.some((byte) => byte > 0x7f)) throw new RangeError()
    return new TextDecoder(encoding.startsWith('utf-16') ? 'utf-16le' : 'utf-8', { fatal: true, ignoreBOM: encoding !== 'utf-16' }).decode(bytes)
  } catch {
    throw new Error(`the file is not ${encoding}; say with encoding what it is`)
  }
}
