/** YAML's timestamps, as PyYAML reads them. */
import { DateTime } from './date-time.ts'

const TIMESTAMP = /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/
/** A day alone has two digits each. */
const DAY = /^\d{4}-\d\d-\d\d$/

/** The day or the moment that a plain scalar is; undefined where it is none. */
export function readTimestamp(text: string): DateTime | undefined {
  const found = TIMESTAMP.exec(text)
  if (!found || (found[4] === undefined && !DAY.test(text))) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone, sign, zoneHour = '0', zoneMinute = '0'] = found
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCMonth() !== Number(month) - 1) return undefined
  if (found[4] === undefined) return DateTime.date(Number(year), Number(month), Number(day))
  const east = zone === undefined ? undefined : zone === 'Z' ? 0 : (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute))
  const microsecond = Number(fraction.slice(0, 6).padEnd(6, '0'))
  return DateTime.of(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second), microsecond, east)
}
