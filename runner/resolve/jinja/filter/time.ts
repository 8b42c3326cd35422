/** Filters on times. */
import { print } from '../../../value/print.ts'
import type { Value } from '../../../value/value.ts'

import { refuseValue } from '../runtime/callable.ts'
import { DateTime } from '../../../value/date-time.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'
import type { Run } from '../runtime/run.ts'
import { formatTime, parseTime } from '../runtime/strftime.ts'
import { readFloat } from './number.ts'

export const TIME_FILTERS: readonly Filter[] = [
  filter('strftime(second=None, utc=False)', 'The input as a format for a time, in seconds since 1970, or for now.', strftime),
  filter("to_datetime(format='%Y-%m-%d %H:%M:%S')", 'The time that a text names.', (input, args) => {
    const time = parseTime(textInput(input, 'to_datetime'), args.text('format'))
    return DateTime.of(time.year, time.month, time.day, time.hour, time.minute, time.second, time.microsecond, time.zoneMinutes)
  }),
]

function strftime(input: Value, args: Args, run: Run): Value {
  const format = textInput(input, 'strftime')
  const given = args.value('second')
  let seconds = (run.engine.hooks.now?.() ?? new Date()).getTime() / 1000
  if (given !== null) seconds = readFloat(given) ?? refuseValue(`Invalid value for epoch value (${print(given)})`)
  const whole = Math.floor(seconds)
  const date = new Date(whole * 1000)
  if (Number.isNaN(date.getTime())) return refuseValue(`Invalid value for epoch value (${print(given)})`)
  const offset = args.flag('utc') ? 0 : date.getTimezoneOffset()
  const clock = new Date(date.getTime() - offset * 60_000)
  return formatTime(format, {
    clock,
    microsecond: undefined,
    epochSeconds: whole,
    zoneMinutes: offset === 0 ? 0 : -offset,
    zoneName: args.flag('utc') ? 'GMT' : undefined,
  })
}
