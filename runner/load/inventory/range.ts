/** Ranges in host names: `web[01:10].example.com`, `db-[a:c]`, `n[0:8:2]`. */
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'

/** A range above this many hosts is refused. */
const MAX_HOSTS = 100_000

/** All names that a pattern stands for; a name without a range stands for itself. */
export function expandHostRange(pattern: string, at: SourceRange | undefined): string[] {
  const match = /^([\s\S]*?)\[([^\]:]*):([^\]:]+)(?::(\d+))?\]([\s\S]*)$/.exec(pattern)
  if (!match) return [pattern]
  const [, head, from = '', to = '', step = '1', tail] = match
  const names: string[] = []
  const push = (middle: string): void => {
    names.push(...expandHostRange(`${head}${middle}${tail}`, at))
    if (names.length > MAX_HOSTS) fail('LIMIT_EXCEEDED', `'${pattern}' stands for more than ${MAX_HOSTS} hosts`, { range: at })
  }
  const by = Number(step)
  if (by > 0 && /^\d*$/.test(from) && /^\d+$/.test(to)) {
    const width = from.length > 1 && from.startsWith('0') ? from.length : 0
    for (let number = Number(from || '0'); number <= Number(to); number += by) push(String(number).padStart(width, '0'))
  } else if (by > 0 && /^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to)) {
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += by) push(String.fromCharCode(code))
  } else fail('BAD_INVENTORY', `'${pattern}' has a range that cannot be read`, { range: at, hint: 'Write [1:9], [01:09], [a:f] or [0:8:2].' })
  if (names.length === 0) fail('BAD_INVENTORY', `the range in '${pattern}' is empty`, { range: at })
  return names
}
