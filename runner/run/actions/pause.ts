/** `pause`: waits, or asks. */
import { createInterface } from 'node:readline/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fail } from '../../diagnostic/diagnostic.ts'
import { print, repr } from '../../value/print.ts'
import { booleanOf } from '../../value/truth.ts'
import { Dict, Float, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

/** A pause may last a day. */
const MAX_PAUSE_SECONDS = 86_400

export async function pause({ argument, check, bound, session }: ActionContext): Promise<Outcome> {
  const startedAt = Date.now()
  const minutes = numberOf(argument('minutes'))
  const seconds = numberOf(argument('seconds')) + minutes * 60
  const echo = booleanOf(argument('echo') ?? true)
  if (seconds > MAX_PAUSE_SECONDS) fail('LIMIT_EXCEEDED', `a pause lasts at most ${MAX_PAUSE_SECONDS} s`, { range: bound.action.range })
  const isTimed = bound.args.has('seconds') || bound.args.has('minutes')
  let answer = ''
  if (isTimed) await delay(check ? 0 : seconds * 1000)
  else if (!check) answer = await ask(print(argument('prompt') ?? 'Press enter to continue'), echo)
  if (answer !== '' && !echo) session.secrets.add(answer)
  const took =
    minutes > 0 ? `${repr(new Float(round(seconds / 60)))} minutes` : `${repr(new Float(round(isTimed ? seconds : (Date.now() - startedAt) / 1000)))} seconds`
  return { ...NOTHING, data: Dict.of({ echo, rc: 0, stderr: '', stdout: `Paused for ${took}`, user_input: answer }) }
}

/** Where nobody can be asked there is no answer, and no wait. */
async function ask(prompt: string, echo: boolean): Promise<string> {
  if (!process.stdin.isTTY) return ''
  process.stderr.write(`${prompt}:\n`)
  const lines = createInterface({ input: process.stdin, ...(echo && { output: process.stderr }), terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
  }
}

function round(number: number): number {
  return Math.round(number * 100) / 100
}

function numberOf(value: Value | undefined): number {
  const number = value instanceof Float ? value.value : Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}
