/** Python's `datetime` and `timedelta`, as far as Ansible's templates use them: no time zones, microseconds kept. */
import { Float } from '../../../value/value.ts'
import type { Value } from '../../../value/value.ts'
import type { BinaryOperator } from '../syntax/ast.ts'
import { BoundMethod, TemplateObject } from './callable.ts'
import { numeric, toNumber } from './numbers.ts'
import { Args } from './operation.ts'
import type { Arithmetic } from './operators.ts'
import { formatTime } from './strftime.ts'

const DAY_US = 86_400_000_000n
const SECOND_US = 1_000_000n

/** A moment on the wall's clock. Its fields are kept as those of a UTC date, whatever zone they were read in. */
export class DateTime extends TemplateObject implements Arithmetic {
  readonly typeName: string
  /** Microseconds since 1970 as the clock shows it. */
  readonly #us: bigint
  /** Seconds since 1970 in truth, for `%s` and `timestamp()`. */
  readonly #offsetMinutes: number

  constructor(us: bigint, offsetMinutes: number, isDate = false) {
    super()
    this.#us = us
    this.#offsetMinutes = offsetMinutes
    this.typeName = isDate ? 'date' : 'datetime'
  }

  /** The clock of UTC at a moment. */
  static utc(date: Date): DateTime {
    return new DateTime(BigInt(date.getTime()) * 1000n, date.getTimezoneOffset())
  }

  /** The local clock at a moment. */
  static local(date: Date): DateTime {
    return new DateTime(BigInt(date.getTime() - date.getTimezoneOffset() * 60_000) * 1000n, date.getTimezoneOffset())
  }

  /** Clock fields as they are written: month from 1. */
  static of(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, microsecond = 0): DateTime {
    const clock = new Date(Date.UTC(2000, month - 1, day, hour, minute, second))
    clock.setUTCFullYear(year)
    const local = new Date(year, month - 1, day, hour, minute, second)
    return new DateTime(BigInt(clock.getTime()) * 1000n + BigInt(microsecond), local.getTimezoneOffset())
  }

  /** A day without a time. */
  static date(year: number, month: number, day: number): DateTime {
    const midnight = DateTime.of(year, month, day)
    return new DateTime(midnight.#us, midnight.#offsetMinutes, true)
  }

  get #clock(): Date {
    return new Date(Number((this.#us - this.#microsecond) / 1000n))
  }

  get #microsecond(): bigint {
    return ((this.#us % SECOND_US) + SECOND_US) % SECOND_US
  }

  format(format: string): string {
    return formatTime(format, {
      clock: this.#clock,
      microsecond: Number(this.#microsecond),
      epochSeconds: Math.floor(this.#timestamp()),
      zoneMinutes: undefined,
    })
  }

  isoFormat(separator = 'T'): string {
    if (this.typeName === 'date') return this.format('%Y-%m-%d')
    const microsecond = Number(this.#microsecond)
    const text = this.format(`%Y-%m-%d${separator}%H:%M:%S`)
    return microsecond === 0 ? text : `${text}.${String(microsecond).padStart(6, '0')}`
  }

  override print(): string {
    return this.isoFormat(' ')
  }

  repr(): string {
    const clock = this.#clock
    const day = [clock.getUTCFullYear(), clock.getUTCMonth() + 1, clock.getUTCDate()]
    if (this.typeName === 'date') return `datetime.date(${day.join(', ')})`
    const fields = [...day, clock.getUTCHours(), clock.getUTCMinutes()]
    if (clock.getUTCSeconds() !== 0 || this.#microsecond !== 0n) fields.push(clock.getUTCSeconds())
    if (this.#microsecond !== 0n) fields.push(Number(this.#microsecond))
    return `datetime.datetime(${fields.join(', ')})`
  }

  json(): string {
    return this.isoFormat()
  }

  equals(other: Value): boolean {
    return other instanceof DateTime && other.#us === this.#us
  }

  compare(other: Value): number | undefined {
    if (!(other instanceof DateTime)) return undefined
    return this.#us < other.#us ? -1 : this.#us > other.#us ? 1 : 0
  }

  operate(operator: BinaryOperator, other: Value, reversed: boolean): Value | undefined {
    if (other instanceof TimeDelta && (operator === '+' || (operator === '-' && !reversed))) {
      return new DateTime(operator === '+' ? this.#us + other.us : this.#us - other.us, this.#offsetMinutes)
    }
    if (other instanceof DateTime && operator === '-' && !reversed) return new TimeDelta(this.#us - other.#us)
    return undefined
  }

  override attribute(name: string): Value | undefined {
    const clock = this.#clock
    const method = (signature: string, call: (args: Args) => Value): Value =>
      new BoundMethod(name, this.typeName, (args, kwargs) => call(new Args(`${name}()`, signature, args, kwargs)))
    switch (name) {
      case 'year':
        return clock.getUTCFullYear()
      case 'month':
        return clock.getUTCMonth() + 1
      case 'day':
        return clock.getUTCDate()
      case 'hour':
        return clock.getUTCHours()
      case 'minute':
        return clock.getUTCMinutes()
      case 'second':
        return clock.getUTCSeconds()
      case 'microsecond':
        return Number(this.#microsecond)
      case 'strftime':
        return method('format', (args) => this.format(args.text('format')))
      case 'isoformat':
        return method("sep='T'", (args) => this.isoFormat(args.text('sep')))
      case 'timestamp':
        return method('', () => new Float(this.#timestamp()))
      case 'weekday':
        return method('', () => (clock.getUTCDay() + 6) % 7)
      case 'isoweekday':
        return method('', () => clock.getUTCDay() || 7)
      case 'date':
        return method('', () => new DateTime(this.#us - (((this.#us % DAY_US) + DAY_US) % DAY_US), this.#offsetMinutes, true))
      default:
        return undefined
    }
  }

  #timestamp(): number {
    return Number(this.#us + BigInt(this.#offsetMinutes) * 60n * SECOND_US) / 1e6
  }
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
