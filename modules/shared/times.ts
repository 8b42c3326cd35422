/** Modification and access times, as `touch` takes them and `stat` shows them: local time of the host. */
import { query } from '../../runner/module.ts'
import type { Probe } from '../../runner/module.ts'

export const DEFAULT_TIME_FORMAT = '%Y%m%d%H%M.%S'

const FIELDS: Readonly<Record<string, { name: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'; pattern: string }>> = {
  Y: { name: 'year', pattern: '\\d{4}' },
  m: { name: 'month', pattern: '\\d{1,2}' },
  d: { name: 'day', pattern: '\\d{1,2}' },
  H: { name: 'hour', pattern: '\\d{1,2}' },
  M: { name: 'minute', pattern: '\\d{1,2}' },
  S: { name: 'second', pattern: '\\d{1,2}' },
}

/**
 * A time in a format of strptime(3) as `2026-01-31 10:15:59`. Of the format's fields the numeric ones are known.
 *
 * @throws {Error} where the format has another field, or the text does not fit it.
 */
export function readTime(text: string, format: string): string {
  const names: string[] = []
  const pattern = format.replace(/%(.)|[\\^$.*+?()[\]{}|]/g, (part: string, field: string | undefined) => {
    if (field === undefined) return `\\${part}`
    if (field === '%') return '%'
    const known = FIELDS[field]
    if (!known) throw new Error(`%${field} is not supported in a time format; use %Y, %m, %d, %H, %M and %S`)
    names.push(known.name)
    return `(${known.pattern})`
  })
  const found = new RegExp(`^${pattern}$`).exec(text)
  if (!found) throw new Error(`the time '${text}' does not have the format ${format}`)
  const fields: Record<string, string> = { year: '1900', month: '01', day: '01', hour: '00', minute: '00', second: '00' }
  names.forEach((name, index) => (fields[name] = found[index + 1]!.padStart(2, '0')))
  const time = `${fields['year']}-${fields['month']}-${fields['day']} ${fields['hour']}:${fields['minute']}:${fields['second']}`
  if (Number.isNaN(Date.parse(`${time.replace(' ', 'T')}Z`))) throw new Error(`there is no time '${text}'`)
  return time
}

/** Reads a time of a path; empty where nothing is there. */
export function timeOf(path: string, which: 'atime' | 'mtime', follow: boolean): Probe<string> {
  const format = which === 'atime' ? '%x' : '%y'
  return query(`query:${which}:${follow ? 'L:' : ''}${path}`, ['stat', ...(follow ? ['-L'] : []), '-c', format, path], (reply) => reply.stdout.slice(0, 19), {
    label: `${path} ${which}`,
    okExitCodes: [0, 1],
    tellsOf: [`file:${path}`],
  })
}
