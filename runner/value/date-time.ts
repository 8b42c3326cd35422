/** Python's `date` and `datetime`: what YAML's timestamps are, and what templates count with. */
import { Opaque, type Value } from './value.ts'

const SECOND_US = 1_000_000n

/** A moment on the wall's clock. Its fields are kept as those of a UTC date, whatever zone they were read in. */
export class DateTime extends Opaque {
  /** Microseconds since 1970 as the clock shows it. */
  readonly us: bigint
  /** How far the local clock is behind UTC then, for the moment in truth. */
  readonly offsetMinutes: number
  /** A day without a time. */
  readonly isDate: boolean
  /** The zone that is written behind it, in minutes east of UTC. */
  readonly zoneMinutes: number | undefined

  constructor(us: bigint, offsetMinutes: number, { isDate = false, zoneMinutes }: { isDate?: boolean; zoneMinutes?: number | undefined } = {}) {
    super()
    this.us = us
    this.offsetMinutes = offsetMinutes
    this.isDate = isDate
    this.zoneMinutes = zoneMinutes
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
  static of(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, microsecond = 0, zoneMinutes?: number): DateTime {
    const clock = new Date(Date.UTC(2000, month - 1, day, hour, minute, second))
    clock.setUTCFullYear(year)
    const offset = zoneMinutes === undefined ? new Date(year, month - 1, day, hour, minute, second).getTimezoneOffset() : -zoneMinutes
    return new DateTime(BigInt(clock.getTime()) * 1000n + BigInt(microsecond), offset, { zoneMinutes })
  }

  /** A day without a time. */
  static date(year: number, month: number, day: number): DateTime {
    const midnight = DateTime.of(year, month, day)
    return new DateTime(midnight.us, midnight.offsetMinutes, { isDate: true })
  }

  get typeName(): 'date' | 'datetime' {
    return this.isDate ? 'date' : 'datetime'
  }

  /** Its fields, as those of a UTC date. */
  get clock(): Date {
    return new Date(Number((this.us - BigInt(this.microsecond)) / 1000n))
  }

  get microsecond(): number {
    return Number(((this.us % SECOND_US) + SECOND_US) % SECOND_US)
  }

  /** Seconds since 1970 in truth. */
  get timestamp(): number {
    return Number(this.us + BigInt(this.offsetMinutes) * 60n * SECOND_US) / 1e6
  }

  isoFormat(separator = 'T'): string {
    const [day, time] = this.clock.toISOString().split('T') as [string, string]
    if (this.isDate) return day
    const fraction = this.microsecond === 0 ? '' : `.${String(this.microsecond).padStart(6, '0')}`
    return `${day}${separator}${time.slice(0, 8)}${fraction}${this.#zone()}`
  }

  #zone(): string {
    if (this.zoneMinutes === undefined) return ''
    const two = (number: number): string => String(number).padStart(2, '0')
    const minutes = Math.abs(this.zoneMinutes)
    return `${this.zoneMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  }

  override print(): string {
    return this.isoFormat(' ')
  }

  repr(): string {
    const { clock } = this
    const day = [clock.getUTCFullYear(), clock.getUTCMonth() + 1, clock.getUTCDate()]
    if (this.isDate) return `datetime.date(${day.join(', ')})`
    const fields: (number | string)[] = [...day, clock.getUTCHours(), clock.getUTCMinutes()]
    if (clock.getUTCSeconds() !== 0 || this.microsecond !== 0) fields.push(clock.getUTCSeconds())
    if (this.microsecond !== 0) fields.push(this.microsecond)
    if (this.zoneMinutes !== undefined) fields.push(`tzinfo=${reprZone(this.zoneMinutes)}`)
    return `datetime.datetime(${fields.join(', ')})`
  }

  json(): string {
    return this.isoFormat()
  }

  equals(other: Value): boolean {
    return other instanceof DateTime && other.isDate === this.isDate && this.instant === other.instant
  }

  compare(other: Value): number | undefined {
    if (!(other instanceof DateTime) || other.isDate !== this.isDate) return undefined
    const [a, b] = [this.instant, other.instant]
    return a < b ? -1 : a > b ? 1 : 0
  }

  /** What moments are compared by, and counted between: those with zones in truth. */
  get instant(): bigint {
    return this.zoneMinutes === undefined ? this.us : this.us - BigInt(this.zoneMinutes) * 60n * SECOND_US
  }
}

function reprZone(minutes: number): string {
  if (minutes === 0) return 'datetime.timezone.utc'
  const days = minutes < 0 ? 'days=-1, ' : ''
  return `datetime.timezone(datetime.timedelta(${days}seconds=${((minutes + 1440) % 1440) * 60}))`
}
