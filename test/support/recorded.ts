/** Replies of real programs, recorded once: a host for `simulate` that answers queries by their argv. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { QueryReply } from '../../runner/module.ts'
import { answer, type HostStates } from './module.ts'

const FIXTURES = path.join(import.meta.dirname.replace(/\/dist(?=\/test\/)/, ''), '../modules/fixtures')

/** The text of a fixture. */
export function fixture(name: string): string {
  return readFileSync(path.join(FIXTURES, name), 'utf8')
}

/** The host of a recording (`package/apt-updated`), with states by resource or label that come first. */
export function recorded(name: string, states: Readonly<Record<string, unknown>> = {}): HostStates {
  const { replies } = JSON.parse(fixture(`${name}.json`)) as { replies: Readonly<Record<string, QueryReply>> }
  return ({ probe }) => {
    if (Object.hasOwn(states, probe.resource)) return states[probe.resource]
    if (Object.hasOwn(states, probe.label ?? '')) return states[probe.label ?? '']
    const reply = probe.read.kind === 'query' ? replies[probe.read.argv.join(' ')] : undefined
    return reply && answer(reply.stdout, reply.exitCode, reply.stderr)
  }
}
