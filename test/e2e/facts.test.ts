/**
 * Every fact of Ansible's `setup`, on this machine, beside ours: equal, or equal within what time does to it. What only one of
 * the two has is named here with its reason.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { parseInvocation } from '../../runner/cli/parse.ts'
import { openPort } from '../../runner/port/open.ts'
import type { RunEvent } from '../../runner/report/event.ts'
import { JsonReporter } from '../../runner/report/json.ts'
import { Secrets } from '../../runner/resolve/secrets.ts'
import { load, run } from '../../runner/run/run.ts'
import { NO_CLOUD } from '../support/cloud.ts'

type Json = null | boolean | number | string | Json[] | { readonly [name: string]: Json }

/** Facts that change by themselves, and how far. Paths of several steps have dots. */
const VOLATILE: Readonly<Record<string, (ours: Json, theirs: Json) => boolean>> = {
  memfree_mb: near(4096),
  swapfree_mb: near(4096),
  'memory_mb.real.used': near(4096),
  'memory_mb.real.free': near(4096),
  'memory_mb.nocache.used': near(4096),
  'memory_mb.nocache.free': near(4096),
  'memory_mb.swap.used': near(4096),
  'memory_mb.swap.free': near(4096),
  'memory_mb.swap.cached': near(4096),
  uptime_seconds: near(300),
  'loadavg.1m': near(100),
  'loadavg.5m': near(100),
  'loadavg.15m': near(100),
  'date_time.epoch': near(300),
  'date_time.epoch_int': near(300),
  'date_time.second': sameShape,
  'date_time.minute': sameShape,
  'date_time.hour': sameShape,
  'date_time.time': sameShape,
  'date_time.iso8601': sameShape,
  'date_time.iso8601_micro': sameShape,
  'date_time.iso8601_basic': sameShape,
  'date_time.iso8601_basic_short': sameShape,
  'mounts.*.size_available': near(1e10),
  'mounts.*.block_available': near(1e7),
  'mounts.*.block_used': near(1e7),
  'mounts.*.inode_available': near(1e6),
  'mounts.*.inode_used': near(1e6),
  // The program that asks, and what its own starter sets, are others.
  'env._': sameShape,
  'env.NODE_EXTRA_CA_CERTS': () => true,
  'env.OLDPWD': () => true,
  'env.SHLVL': () => true,
}

/** What only Ansible has, and why. */
const ONLY_ANSIBLE: readonly { readonly names: RegExp; readonly why: string }[] = [
  { names: /^[^.]+\.(?:features\.|timestamping$|hw_timestamp_filters$|phc_index$)/, why: 'ethtool(8) would have to be run three times for each interface' },
]

/** Lists without an order: Ansible itself makes them from sets. */
const SETS = new Set(['interfaces', 'virtualization_tech_guest', 'virtualization_tech_host', 'all_ipv4_addresses', 'all_ipv6_addresses'])

function near(most: number): (ours: Json, theirs: Json) => boolean {
  return (ours, theirs) => typeof ours === typeof theirs && Math.abs(Number(ours) - Number(theirs)) <= most
}

function sameShape(ours: Json, theirs: Json): boolean {
  return typeof ours === 'string' && typeof theirs === 'string' && ours.replaceAll(/\w/g, 'x').slice(0, 10) === theirs.replaceAll(/\w/g, 'x').slice(0, 10)
}

/** Leaves by their paths; in lists of mappings `*` stands for each place. */
function leaves(value: Json, path = ''): [string, Json][] {
  if (value === null || typeof value !== 'object') return [[path, value]]
  if (Array.isArray(value)) {
    if (value.some((each) => each !== null && typeof each === 'object')) return value.flatMap((each) => leaves(each, `${path}.*`))
    return [[path, SETS.has(path) ? value.toSorted() : value]]
  }
  const entries = Object.entries(value)
  return entries.length === 0 ? [[path, {}]] : entries.sort().flatMap(([name, each]) => leaves(each, path === '' ? name : `${path}.${name}`))
}

async function theirs(): Promise<Record<string, Json>> {
  const env = { ...process.env, ANSIBLE_LOCALHOST_WARNING: 'false', ANSIBLE_NOCOLOR: '1', ANSIBLE_STDOUT_CALLBACK: 'json', ANSIBLE_LOAD_CALLBACK_PLUGINS: '1' }
  const { stdout } = await promisify(execFile)('ansible', ['localhost', '-m', 'setup', '-e', 'ansible_python_interpreter=/usr/bin/python3'], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
  return factsOf(stdout)
}

async function ours(): Promise<Record<string, Json>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'playline-facts-'))
  const playbook = path.join(folder, 'setup.yml')
  writeFileSync(playbook, '- hosts: localhost\n  gather_facts: false\n  tasks:\n    - setup:\n')
  const secrets = new Secrets()
  let stdout = ''
  const reporter = new JsonReporter({ write: (text) => void (stdout += text), writeError: () => undefined, secrets, showDiffs: false })
  try {
    const invocation = parseInvocation([playbook, '-i', 'localhost,', '-c', 'local', '-e', 'ansible_python_interpreter=/usr/bin/python3'], () => undefined)
    const emit = (event: RunEvent): void => {
      reporter.handle(event)
    }
    await run(await load({ ...invocation, options: invocation.run, secrets, emit, openPort, cloud: NO_CLOUD }), () => false)
  } finally {
    reporter.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return factsOf(stdout)
}

/** The facts in a JSON document of one run of `setup`, without `ansible_` in front. */
function factsOf(stdout: string): Record<string, Json> {
  const document = JSON.parse(stdout) as { plays: { tasks: { hosts: { localhost: { ansible_facts: Record<string, Json> } } }[] }[] }
  return Object.fromEntries(
    Object.entries(document.plays[0]!.tasks[0]!.hosts.localhost.ansible_facts).map(([name, value]) => [name.replace(/^ansible_/, ''), value]),
  )
}

t.test('all facts of this machine', { timeout: 120_000 }, async (t) => {
  const reference = await theirs()
  const own = await ours()
  const expected = new Map(leaves(reference))
  const found = new Map(leaves(own))
  for (const name of [...new Set([...expected.keys(), ...found.keys()])].sort()) {
    if (/^env\.(?:ANSIBLE_|npm_|INIT_CWD$)/.test(name)) continue // What this test sets for Ansible, and npm for this test.
    const volatile = VOLATILE[name]
    const [one, other] = [found.get(name), expected.get(name)]
    if (volatile) t.ok(volatile(one ?? null, other ?? null), `${name}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`)
    else if (one === undefined && ONLY_ANSIBLE.some(({ names }) => names.test(name))) t.pass(`${name}: only Ansible`)
    else t.strictSame(one, other, name)
  }
})
