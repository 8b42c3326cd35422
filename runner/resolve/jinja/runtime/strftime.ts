/** `strftime` and `strptime` in the C locale. */
import { refuseValue } from './callable.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export interface Clock {
  /** The clock's fields, as those of a UTC date. */
  readonly clock: Date
  /** Undefined where the clock has whole seconds only. */
  readonly microsecond: number | undefined
  readonly epochSeconds: number
  /** Minutes east of UTC; undefined where the zone is not known. */
  readonly zoneMinutes: number | undefined
  /** The zone's name, where it is not that of the local clock. */
  readonly zoneName?: string | undefined
}

/** Formats a time as C's `strftime` does. An unknown directive stays as it is written. */
export function formatTime(format: string, time: Clock): string {
  return format.replace(/%([-_0^#]?)([A-Za-z%])/g, (whole, flag: string, directive: string) => {
    const text = directiveText(directive, time)
    if (text === undefined) return whole
    if (flag === '-') return text.replace(/^[0 ]+(?=\d)/, '')
    if (flag === '_') return text.replace(/^0+(?=\d)/, (zeros) => ' '.repeat(zeros.length))
    if (flag === '^') return text.toUpperCase()
    return text
  })
}

function directiveText(directive: string, time: Clock): string | undefined {
  const { clock } = time
  const year = clock.getUTCFullYear()
  const hour = clock.getUTCHours()
  const day = clock.getUTCDay()
  const pad = (number: number, width = 2, fill = '0'): string => String(number).padStart(width, fill)
  const both = (format: string): string => formatTime(format, time)
  switch (directive) {
    case 'a':
      return DAYS[day]!.slice(0, 3)
    case 'A':
      return DAYS[day]!
    case 'b':
    case 'h':
      return MONTHS[clock.getUTCMonth()]!.slice(0, 3)
    case 'B':
      return MONTHS[clock.getUTCMonth()]!
    case 'c':
      return both('%a %b %e %H:%M:%S %Y')
    case 'C':
      return pad(Math.floor(year / 100))
    case 'd':
      return pad(clock.getUTCDate())
    case 'D':
    case 'x':
      return both('%m/%d/%y')
    case 'e':
      return pad(clock.getUTCDate(), 2, ' ')
    case 'f':
      // Python's `time.strftime` leaves it to the system, which knows no smaller part of a second.
      return time.microsecond === undefined ? '%f' : pad(time.microsecond, 6)
    case 'F':
      return both('%Y-%m-%d')
    case 'G':
      return String(isoWeek(clock).year)
    case 'g':
      return pad(isoWeek(clock).year % 100)
    case 'H':
      return pad(hour)
    case 'I':
      return pad(hour % 12 || 12)
    case 'j':
      return pad(dayOfYear(clock) + 1, 3)
    case 'k':
      return pad(hour, 2, ' ')
    case 'l':
      return pad(hour % 12 || 12, 2, ' ')
    case 'm':
      return pad(clock.getUTCMonth() + 1)
    case 'M':
      return pad(clock.getUTCMinutes())
    case 'n':
      return '\n'
    case 'p':
      return hour < 12 ? 'AM' : 'PM'
    case 'P':
      return hour < 12 ? 'am' : 'pm'
    case 'r':
      return both('%I:%M:%S %p')
    case 'R':
      return both('%H:%M')
    case 's':
      return String(time.epochSeconds)
    case 'S':
      return pad(clock.getUTCSeconds())
    case 't':
      return '\t'
    case 'T':
    case 'X':
      return both('%H:%M:%S')
    case 'u':
      return String(day || 7)
    case 'U':
      return pad(Math.floor((dayOfYear(clock) + 7 - day) / 7))
    case 'V':
      return pad(isoWeek(clock).week)
    case 'w':
      return String(day)
    case 'W':
      return pad(Math.floor((dayOfYear(clock) + 7 - ((day + 6) % 7)) / 7))
    case 'y':
      return pad(((year % 100) + 100) % 100)
    case 'Y':
      return String(year)
    case 'z': {
      const minutes = time.zoneMinutes
      if (minutes === undefined) return ''
      return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}${pad(Math.abs(minutes) % 60)}`
    }
    case 'Z':
      return time.zoneMinutes === undefined ? '' : (time.zoneName ?? zoneName(time.epochSeconds))
    case '%':
      return '%'
    default:
      return undefined
  }
}

function zoneName(epochSeconds: number): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(new Date(epochSeconds * 1000))
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
}

function dayOfYear(clock: Date): number {
  return Math.floor((clock.getTime() - Date.UTC(clock.getUTCFullYear(), 0, 1)) / 86_400_000)
}

function isoWeek(clock: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate() + 4 - (clock.getUTCDay() || 7)))
  return { year: thursday.getUTCFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 }
}

export interface ParsedTime {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  microsecond: number
  /** East of UTC, where the text says it. */
  zoneMinutes?: number
}

/** Reads a time as Python's `strptime` does. Refuses text that does not match. */
export function parseTime(text: string, format: string): ParsedTime {
  const found: ParsedTime = { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 }
  let isAfternoon: boolean | undefined
  let dayOfYear: number | undefined
  let at = 0
  const mismatch = (): never => refuseValue(`time data '${text}' does not match format '${format}'`)
  const take = (pattern: RegExp): string => {
    const part = pattern.exec(text.slice(at))?.[0] ?? mismatch()
    at += part.length
    return part
  }
  const name = (names: readonly string[], length?: number): number => {
    const shown = names.map((each) => each.slice(0, length).toLowerCase())
    const index = shown.findIndex((each) => text.slice(at).toLowerCase().startsWith(each))
    if (index < 0) return mismatch()
    at += shown[index]!.length
    return index
  }
  const expanded = format.replaceAll('%T', '%H:%M:%S').replaceAll('%D', '%m/%d/%y').replaceAll('%F', '%Y-%m-%d').replaceAll('%R', '%H:%M')
  for (const [piece] of expanded.matchAll(/%[A-Za-z%]|\s+|[^%\s]/g)) {
    switch (piece) {
      case '%Y':
        found.year = Number(take(/^\d{4}/))
        break
      case '%y': {
        const short = Number(take(/^\d{2}/))
        found.year = short < 69 ? 2000 + short : 1900 + short
        break
      }
      case '%m':
        found.month = Number(take(/^(?:1[0-2]|0[1-9]|[1-9])/))
        break
      case '%d':
      case '%e':
        found.day = Number(take(/^(?:3[01]|[12]\d|0[1-9]|[1-9]| [1-9])/))
        break
      case '%H':
        found.hour = Number(take(/^(?:2[0-3]|[01]\d|\d)/))
        break
      case '%I':
        found.hour = Number(take(/^(?:1[0-2]|0[1-9]|[1-9])/))
        break
      case '%M':
        found.minute = Number(take(/^[0-5]?\d/))
        break
      case '%S':
        found.second = Number(take(/^(?:6[01]|[0-5]?\d)/))
        break
      case '%f':
        found.microsecond = Number(take(/^\d{1,6}/).padEnd(6, '0'))
        break
      case '%j':
        dayOfYear = Number(take(/^\d{1,3}/))
        break
      case '%p':
        isAfternoon = take(/^[AaPp][Mm]/).toLowerCase() === 'pm'
        break
      case '%b':
      case '%h':
        found.month = name(MONTHS, 3) + 1
        break
      case '%B':
        found.month = name(MONTHS) + 1
        break
      case '%a':
        name(DAYS, 3)
        break
      case '%A':
        name(DAYS)
        break
      case '%z':
        found.zoneMinutes = zoneMinutesOf(take(/^(?:Z|[-+]\d{2}:?[0-5]\d)/))
        break
      case '%Z':
        take(/^[A-Za-z]*/)
        break
      case '%%':
        take(/^%/)
        break
      default:
        if (/^\s/.test(piece)) take(/^\s*/)
        else if (piece.startsWith('%')) refuseValue(`'${piece[1]}' is a bad directive in format '${format}'`)
        else if (text[at++] !== piece) mismatch()
    }
  }
  if (at < text.length) refuseValue(`unconverted data remains: ${text.slice(at)}`)
  if (dayOfYear !== undefined) {
    const date = new Date(Date.UTC(found.year, 0, dayOfYear))
    found.month = date.getUTCMonth() + 1
    found.day = date.getUTCDate()
  }
  if (isAfternoon !== undefined) found.hour = (found.hour % 12) + (isAfternoon ? 12 : 0)
  const days = new Date(Date.UTC(found.year, found.month, 0)).getUTCDate()
  if (found.day > days) refuseValue('day is out of range for month')
  return found
}

/** `+02:00`, `-0130` or `Z`, in minutes east of UTC. */
function zoneMinutesOf(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([-+])(\d{2}):?(\d{2})$/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
