import t from 'tap'
import type { ReadModule } from '../../runner/module.ts'
import module from '../../modules/wait_for_connection.ts'
import { answer, parametersOf, simulateRead } from '../support/module.ts'

const WAITS: readonly (readonly [args: string, wait: object])[] = [
  ['{}', { timeoutMs: 600_000, intervalMs: 1000, delayMs: 0 }],
  ['timeout: 300\ndelay: 10\nsleep: 5\nconnect_timeout: 2', { timeoutMs: 300_000, intervalMs: 5000, delayMs: 10_000 }],
  ['timeout: "7"', { timeoutMs: 7000 }],
  // Not to wait at all is to ask once; not to sleep is no reason to ask without a pause.
  ['timeout: 0\nsleep: 0', { timeoutMs: 0, intervalMs: 100 }],
]

t.test('how long and how often it asks', async (t) => {
  const waiting = module as ReadModule
  for (const [args, expected] of WAITS) t.match(waiting.wait!(parametersOf(module, args)), expected, args)
})

t.test('what it does not take', async (t) => {
  for (const args of ['timeout: -1', 'delay: soon', 'sleep: 1.5', 'connect_timeout: 0', 'host: a']) t.throws(() => parametersOf(module, args), args)
})

t.test('a host that answers is all that it waits for', async (t) => {
  t.match(simulateRead(module, '{}', { 'live:answers': answer('') }), { missing: [], result: {} })
})
