/** `pause`: waits. */
import { setTimeout as delay } from 'node:timers/promises'
import { fail } from '../../diagnostic/diagnostic.ts'
import { Dict, Float, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

/** A pause may last a day. */
const MAX_PAUSE_SECONDS = 86_400

export async function pause({ argument, check, bound }: ActionContext): Promise<Outcome> {
  const seconds = numberOf(argument('seconds')) + numberOf(argument('minutes')) * 60
  if (seconds <= 0)
    fail('UNSUPPORTED_VALUE', "'pause' without seconds or minutes would wait for a key, which is not supported yet", { range: bound.action.range })
  if (seconds > MAX_PAUSE_SECONDS) fail('LIMIT_EXCEEDED', `a pause lasts at most ${MAX_PAUSE_SECONDS} s`, { range: bound.action.range })
  if (!check) await delay(seconds * 1000)
  return { ...NOTHING, data: Dict.of({ stdout: `Paused for ${seconds} seconds` }) }
}

function numberOf(value: Value | undefined): number {
  const number = value instanceof Float ? value.value : Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}
