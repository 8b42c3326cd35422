/** What templates do with Python's `datetime` and `timedelta`, as far as Ansible's use them: microseconds kept. */
import { DateTime } from '../../../value/date-time.ts'
import { Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { BinaryOperator } from '../syntax/ast.ts'
import { BoundMethod, refuseValue, TemplateObject } from './callable.ts'
import { numeric, toNumber } from './numbers.ts'
import { Args } from './operation.ts'
import type { Arithmetic } from './operators.ts'
import { formatTime } from './strftime.ts'

const DAY_US = 86_400_000_000n
const SECOND_US = 1_000_000n

/** What an operator makes of a date; undefined where it makes nothing of it. */
export function operateDate(date: DateTime, operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined {
  if (other instanceof TimeDelta && (operator === '+' || (operator === '-' && !reversed)))
    return new DateTime(operator === '+' ? date.us + other.us : date.us - other.us, date.offsetMinutes, date)
  if (other instanceof DateTime && operator === '-' && !reversed) return new TimeDelta(date.instant - other.instant)
  return undefined
}

/** A field or a method of a date. */
export function dateAttribute(date: DateTime, name: string): Value | undefined {
  const { clock } = date
  const method = (signature: string, call: (args: Args) => Value): Value =>
    new BoundMethod(name, date.typeName, (args, kwargs) => call(new Args(`${name}()`, signature, args, kwargs)))
  switch (name) {
    case 'year':
      return clock.getUTCFullYear()
    case 'month':
      return clock.getUTCMonth() + 1
    case 'day':
      return clock.getUTCDate()
    case 'strftime':
      return method('format', (args) => formatDate(date, args.text('format')))
    case 'isoformat':
      return method("sep='T'", (args) => date.isoFormat(args.text('sep')))
    case 'weekday':
      return method('', () => (clock.getUTCDay() + 6) % 7)
    case 'ctime':
      return method('', () => formatDate(date, '%a %b %e %H:%M:%S %Y'))
    case 'toordinal':
      return method('', () => Number((date.us - (((date.us % DAY_US) + DAY_US) % DAY_US)) / DAY_US) + DAYS_BEFORE_1970)
    case 'replace':
      return method('year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None', (args) => withFields(date, args))
    case 'isoweekday':
      return method('', () => clock.getUTCDay() || 7)
  }
  if (date.isDate) return undefined
  switch (name) {
    case 'hour':
      return clock.getUTCHours()
    case 'minute':
      return clock.getUTCMinutes()
    case 'second':
      return clock.getUTCSeconds()
    case 'microsecond':
      return date.microsecond
    case 'timestamp':
      return method('', () => new Float(date.timestamp))
    case 'date':
      return method('', () => new DateTime(date.us - (((date.us % DAY_US) + DAY_US) % DAY_US), date.offsetMinutes, { isDate: true }))
    default:
      return undefined
  }
}

/** Python counts days from the first of the year 1. */
const DAYS_BEFORE_1970 = 719_163

function withFields(date: DateTime, args: Args): DateTime {
  const { clock } = date
  const field = (name: string, present: number): number => args.wholeOrNull(name) ?? present
  const [year, month, day] = [field('year', clock.getUTCFullYear()), field('month', clock.getUTCMonth() + 1), field('day', clock.getUTCDate())]
  const check = new Date(Date.UTC(2000, month - 1, day))
  check.setUTCFullYear(year, month - 1, day)
  if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day) return refuseValue('day is out of range for month')
  if (date.isDate) return DateTime.date(year, month, day)
  const [hour, minute, second] = [field('hour', clock.getUTCHours()), field('minute', clock.getUTCMinutes()), field('second', clock.getUTCSeconds())]
  if (hour > 23 || minute > 59 || second > 59 || Math.min(hour, minute, second) < 0) return refuseValue('hour, minute or second is out of range')
  return DateTime.of(year, month, day, hour, minute, second, field('microsecond', date.microsecond), date.zoneMinutes)
}

/** A date as C's `strftime` formats it. */
export function formatDate({ clock, microsecond, timestamp, zoneMinutes }: DateTime, text: string): string {
  return formatTime(text, { clock, microsecond, epochSeconds: Math.floor(timestamp), zoneMinutes })
}

/** The time between two moments. */
class TimeDelta extends TemplateObject implements Arithmetic {
  readonly typeName = 'timedelta'
  readonly us: bigint

  constructor(us: bigint) {
    super()
    this.us = us
  }

  get #days(): bigint {
    const days = this.us / DAY_US
    return this.us % DAY_US < 0n ? days - 1n : days
  }

  get #restUs(): bigint {
    return this.us - this.#days * DAY_US
  }

  override print(): string {
    const days = Number(this.#days)
    const seconds = Number(this.#restUs / SECOND_US)
    const microseconds = Number(this.#restUs % SECOND_US)
    const two = (number: number): string => String(number).padStart(2, '0')
    const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
    const fraction = microseconds === 0 ? '' : `.${String(microseconds).padStart(6, '0')}`
    return `${days === 0 ? '' : `${days} day${Math.abs(days) === 1 ? '' : 's'}, `}${clock}${fraction}`
  }

  repr(): string {
    const parts: [string, number][] = [
      ['days', Number(this.#days)],
      ['seconds', Number(this.#restUs / SECOND_US)],
      ['microseconds', Number(this.#restUs % SECOND_US)],
    ]
    const shown = parts.filter(([, value]) => value !== 0).map(([name, value]) => `${name}=${value}`)
    return `datetime.timedelta(${shown.join(', ') || '0'})`
  }

  equals(other: Value): boolean {
    return other instanceof TimeDelta && other.us === this.us
  }

  compare(other: Value): number | undefined {
    if (!(other instanceof TimeDelta)) return undefined
    return this.us < other.us ? -1 : this.us > other.us ? 1 : 0
  }

  operate(operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined {
    if (other instanceof TimeDelta) {
      if (operator === '+') return new TimeDelta(this.us + other.us)
      if (operator === '-' && !reversed) return new TimeDelta(this.us - other.us)
      return operator === '/' && !reversed && other.us !== 0n ? new Float(Number(this.us) / Number(other.us)) : undefined
    }
    const number = numeric(other)
    if (number === undefined) return undefined
    const factor = toNumber(number)
    if (operator === '*') return new TimeDelta(BigInt(Math.round(Number(this.us) * factor)))
    return operator === '/' && !reversed && factor !== 0 ? new TimeDelta(BigInt(Math.round(Number(this.us) / factor))) : undefined
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'days':
        return Number(this.#days)
      case 'seconds':
        return Number(this.#restUs / SECOND_US)
      case 'microseconds':
        return Number(this.#restUs % SECOND_US)
      case 'total_seconds':
        return new BoundMethod(name, this.typeName, () => new Float(Number(this.us) / 1e6))
      default:
        return undefined
    }
  }
}
