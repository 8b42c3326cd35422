/** `sequence`: numbers as text, `5-8`, `2-10/2`, `4:host%02d`, `start=0 count=3 stride=2 format=%x`. */
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import type { Value } from '../../value/value.ts'
import { formatPercent } from '../jinja/runtime/format.ts'
import { checkItems } from '../jinja/runtime/limits.ts'
import { lookupFailed, type Lookup } from './context.ts'
import { parseInline } from './inline.ts'
import { listify } from './lists.ts'

const SHORTCUT = /^(?:(0?x?[0-9a-f]+)\s*-)?(0?x?[0-9a-f]+)(?:\s*\/\s*(0?x?[0-9a-f]+))?(?:\s*:\s*(.+))?$/i

interface Range {
  start: number
  end: number | undefined
  count: number | undefined
  stride: number
  format: string
}

export const sequence: Lookup = (terms) => listify(terms).flatMap((term) => numbers(parse(print(term))))

function parse(term: string): Range {
  const range: Range = { start: 1, end: undefined, count: undefined, stride: 1, format: '%d' }
  const shortcut = SHORTCUT.exec(term)
  if (shortcut) {
    const [, start, end, stride, format] = shortcut
    if (start !== undefined) range.start = whole('start', start)
    if (end !== undefined) range.end = whole('end', end)
    if (stride !== undefined) range.stride = whole('stride', stride)
    if (format !== undefined) range.format = format
    return range
  }
  const { options, rest } = parseInline(term)
  const unknown: string[] = rest === undefined ? [] : ['_raw_params']
  for (const [name, text] of options) {
    if (name === 'format') range.format = text
    else if (name === 'start' || name === 'end' || name === 'count' || name === 'stride') range[name] = whole(name, text)
    else unknown.push(name)
  }
  if (unknown.length > 0) lookupFailed(`unrecognized arguments to with_sequence: [${unknown.map((name) => `'${name}'`).join(', ')}]`)
  return range
}

/** An integer as Python reads one with any base: `12`, `0x1f`, `0o17`, but not `012`. */
function whole(name: string, text: string): number {
  const digits = text.trim().replace(/^[-+]/, '')
  const isNumber = /^(?:0x[0-9a-f]+|0o[0-7]+|0b[01]+|[1-9]\d*|0+)$/i.test(digits)
  if (!isNumber) return lookupFailed(name === 'format' ? text : `can't parse ${name}=${text} as integer`)
  return text.trim().startsWith('-') ? -Number(digits) : Number(digits)
}

function numbers(range: Range): Value[] {
  const { count, format } = range
  let { start, end, stride } = range
  if (count === undefined && end === undefined) return lookupFailed('must specify count or end in with_sequence')
  if (count !== undefined && end !== undefined) return lookupFailed("can't specify both count and end in with_sequence")
  if (count === 0) [start, end, stride] = [0, 0, 0]
  else if (count !== undefined) end = start + count * stride - 1
  if (stride > 0 && end! < start) return lookupFailed('to count backwards make stride negative')
  if (stride < 0 && end! > start) return lookupFailed("to count forward don't make stride negative")
  if (format.split('%').length !== 2) return lookupFailed(`bad formatting string: ${format}`)
  if (stride === 0) return []
  checkItems(Math.floor((end! - start) / stride) + 1)
  const texts: Value[] = []
  for (let number = start; stride > 0 ? number <= end! : number >= end!; number += stride) texts.push(formatted(format, number))
  return texts
}

function formatted(format: string, number: number): string {
  try {
    return formatPercent(format, number)
  } catch (error) {
    if (error instanceof DiagnosticError) return lookupFailed(`problem formatting ${number} with '${format}'`)
    throw error
  }
}
