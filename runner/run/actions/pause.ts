/** `pause`: waits, or asks. */
import { setTimeout as delay } from 'node:timers/promises'
import { fail } from '../../diagnostic/diagnostic.ts'
import { print, repr } from '../../value/print.ts'
import { Dict, Float } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import { askTerminal } from '../terminal.ts'
import type { ActionContext } from './action.ts'
import { flag, wholeNumber } from './arguments.ts'

/** A pause may last a day. */
const MAX_PAUSE_SECONDS = 86_400

export async function pause(context: ActionContext): Promise<Outcome> {
  const { argument, check, bound, session } = context
  const startedAt = Date.now()
  const minutes = wholeNumber(context, 'minutes')
  const only = wholeNumber(context, 'seconds')
  if (minutes !== undefined && only !== undefined)
    fail('BAD_ARGUMENT', "'seconds' and 'minutes' of 'pause' exclude each other", {
      range: bound.args.get('minutes')?.keyRange ?? bound.action.range,
      resultMessage: 'parameters are mutually exclusive: minutes|seconds',
    })
  const isTimed = minutes !== undefined || only !== undefined
  // As Ansible: a pause that has a length has at least this.
  const seconds = Math.max(only ?? (minutes ?? 0) * 60, isTimed ? 1 : 0)
  const echo = flag(context, 'echo', true)
  if (seconds > MAX_PAUSE_SECONDS) fail('LIMIT_EXCEEDED', `a pause lasts at most ${MAX_PAUSE_SECONDS} s`, { range: bound.action.range })
  let answer = ''
  if (isTimed) await delay(check ? 0 : seconds * 1000)
  // Where nobody can be asked there is no answer, and no wait.
  else if (!check && process.stdin.isTTY) answer = await askTerminal(`${print(argument('prompt') ?? 'Press enter to continue')}:\n`, !echo)
  if (answer !== '' && !echo) session.secrets.add(answer)
  const took =
    minutes !== undefined
      ? `${repr(new Float(round(seconds / 60)))} minutes`
      : `${repr(new Float(round(isTimed ? seconds : (Date.now() - startedAt) / 1000)))} seconds`
  const stoppedAt = Date.now()
  return {
    ...NOTHING,
    data: Dict.of({
      echo,
      rc: 0,
      stderr: '',
      stdout: `Paused for ${took}`,
      user_input: answer,
      start: localTime(startedAt),
      stop: localTime(stoppedAt),
      delta: Math.floor((stoppedAt - startedAt) / 1000),
    }),
  }
}

/** `2026-01-31 10:15:59.123000`, in the controller's time zone. */
function localTime(ms: number): string {
  const utc = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString()
  return `${utc.slice(0, 10)} ${utc.slice(11, 23)}000`
}

function round(number: number): number {
  return Math.round(number * 100) / 100
}
