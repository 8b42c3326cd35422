/**
 * The same playbooks with Ansible and with Playline, on this machine: what each task did on each host, the recap and the exit
 * code have to be the same. Ansible is the reference; it is installed where it is missing.
 */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parseInvocation } from '../../runner/cli/parse.ts'
import { DiagnosticError } from '../../runner/diagnostic/diagnostic.ts'
import { openPort } from '../../runner/port/open.ts'
import { JsonReporter } from '../../runner/report/json.ts'
import { Secrets } from '../../runner/resolve/secrets.ts'
import { exitCodeOf, load, run } from '../../runner/run/run.ts'
import { NO_CLOUD } from '../support/cloud.ts'

/** A playbook that Playline deliberately plays otherwise: what it then says, and why. */
const DELIBERATE: Readonly<Record<string, { readonly why: string; readonly story: readonly string[]; readonly exitCode: number }>> = {
  'missing-handler': { why: 'DESIGN, Diagnostics: what can be known before the first connection refuses the run', story: [], exitCode: 1 },
  'undefined-argument': { why: 'DESIGN, Diagnostics: a fault in a task that every host reaches refuses the run', story: [], exitCode: 4 },
}

const HOSTS = ['a', 'b', 'c']
const INVENTORY = `[near]
${HOSTS.map((host) => `${host} ansible_connection=local from_inventory=${host.toUpperCase()}\n`).join('')}
[near:vars]
ansible_python_interpreter=/usr/bin/python3
[far]
gone ansible_host=127.0.0.1 ansible_port=1
`

interface Result {
  readonly [key: string]: unknown
  readonly action?: string
  readonly results?: readonly Result[]
}
interface Document {
  readonly plays: readonly {
    readonly play: { readonly name: string }
    readonly tasks: readonly { readonly task: { readonly name: string }; readonly hosts: Readonly<Record<string, Result>> }[]
  }[]
  readonly stats: Readonly<Record<string, Readonly<Record<string, number>>>>
}
interface Played {
  readonly story: readonly string[]
  readonly exitCode: number
}

const folder = path.join(import.meta.dirname, 'ansible')
const playbooks = readdirSync(folder)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => name.slice(0, -4))
const scratch = mkdtempSync(path.join(tmpdir(), 'playline-e2e-'))
const inventory = path.join(scratch, 'hosts')
t.teardown(() => {
  rmSync(scratch, { recursive: true, force: true })
})
writeFileSync(inventory, INVENTORY)
const ANSIBLE_VERSION = ansibleVersion()
t.jobs = 2

for (const name of playbooks) {
  t.test(name, { buffered: true, timeout: 120_000 }, async (t) => {
    const file = path.join(folder, `${name}.yml`)
    const options = /^# options: (.*)/.exec(readFileSync(file, 'utf8'))?.[1]?.split(' ') ?? []
    const argv = (): string[] => [file, '-i', inventory, '-e', `scratch=${mkdtempSync(path.join(scratch, 'x-'))}`, ...options]
    const ours = await playline(argv())
    const deliberate = DELIBERATE[name]
    if (deliberate) {
      t.strictSame(ours, { story: deliberate.story, exitCode: deliberate.exitCode }, deliberate.why)
      return
    }
    const theirs = await ansible(argv())
    t.strictSame(ours.story, theirs.story)
    t.equal(ours.exitCode, theirs.exitCode, 'exit code')
  })
}

/** What Ansible says of itself; `npm test` has installed it. */
function ansibleVersion(): string {
  return execFileSync('ansible-playbook', ['--version'], { encoding: 'utf8' })
}

/** What one version of Ansible does with a playbook does not change: it is asked once for each text and kept beside the temporary files. */
async function ansible(argv: readonly string[]): Promise<Played> {
  const digest = createHash('sha256')
    .update([ANSIBLE_VERSION, INVENTORY, readFileSync(argv[0]!, 'utf8')].join('\0'))
    .digest('hex')
  const kept = path.join(tmpdir(), 'playline-e2e-ansible', `${digest}.json`)
  if (existsSync(kept)) {
    const { stdout, exitCode } = JSON.parse(readFileSync(kept, 'utf8')) as { stdout: string; exitCode: number }
    return { story: storyOf(stdout), exitCode }
  }
  const env = {
    ...process.env,
    ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_HOST_KEY_CHECKING: 'false',
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_NOCOLOR: '1',
  }
  const played = await promisify(execFile)('ansible-playbook', argv, { env, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => ({ stdout, exitCode: 0 }),
    (error: unknown) => ({ stdout: (error as { stdout: string }).stdout, exitCode: (error as { code: number }).code }),
  )
  mkdirSync(path.dirname(kept), { recursive: true })
  writeFileSync(kept, JSON.stringify(played))
  return { story: storyOf(played.stdout), exitCode: played.exitCode }
}

async function playline(argv: readonly string[]): Promise<Played> {
  const invocation = parseInvocation(argv, () => undefined)
  let stdout = ''
  const secrets = new Secrets()
  const reporter = new JsonReporter({ write: (text) => void (stdout += text), writeError: () => undefined, secrets, showDiffs: false })
  try {
    const loaded = await load({
      ...invocation,
      options: invocation.run,
      secrets,
      emit: (event) => {
        reporter.handle(event)
      },
      openPort,
      cloud: NO_CLOUD,
    })
    const exitCode = await run(loaded, () => false)
    reporter.close()
    return { story: storyOf(stdout), exitCode }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return { story: [], exitCode: exitCodeOf(error) }
  }
}

/** A run as lines: a play, a task, a host's result each; at the end the recap. */
function storyOf(stdout: string): string[] {
  if (!stdout.includes('{')) return []
  const document = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Document
  const lines = document.plays.flatMap(({ play, tasks }) => [
    `PLAY ${play.name}`,
    ...tasks.flatMap(({ task, hosts }) => {
      const results = Object.entries(hosts).sort(([a], [b]) => a.localeCompare(b))
      // A task without a result may be listed or left out; meta tasks have none, except for skipped ones of Ansible's.
      return results.length === 0 || task.name === 'meta' ? [] : [`TASK ${task.name}`, ...results.map(([host, result]) => `  ${host}: ${describe(result)}`)]
    }),
  ])
  const recap = Object.entries(document.stats)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([host, counts]) =>
        `${host} ${Object.entries(counts)
          .sort()
          .map(([name, count]) => `${name}=${count}`)
          .join(' ')}`,
    )
  return [...lines, ...recap]
}

/** Status, and what a playbook or a tool can see of the result. */
function describe(result: Result): string {
  const status =
    result['unreachable'] === true
      ? 'unreachable'
      : result['failed'] === true
        ? 'failed'
        : result['skipped'] === true
          ? 'skipped'
          : result['changed'] === true
            ? 'changed'
            : 'ok'
  const parts = [status]
  if ('censored' in result) return `${status} (censored)`
  if (/(?:command|shell)$/.test(result.action ?? ''))
    for (const key of ['rc', 'stdout', 'stderr']) if (key in result) parts.push(`${key}=${sorted(result[key])}`)
  for (const key of ['attempts', 'failed_when_result', 'assertion', 'evaluated_to', 'ansible_loop_var', 'ansible_index_var', '_ansible_item_label', 'item']) {
    if (key in result) parts.push(`${key}=${sorted(result[key])}`)
  }
  if (/set_fact$/.test(result.action ?? '') && 'ansible_facts' in result) parts.push(sorted(result['ansible_facts']))
  if (result.results) parts.push(String(result['msg']), ...result.results.map((item) => `\n    ${describe(item)}`))
  else if (status === 'ok' && /debug$/.test(result.action ?? '')) parts.push(...debugOf(result))
  else if (/(?:assert|fail)$/.test(result.action ?? '') && status !== 'skipped') parts.push(String(result['msg']))
  return parts.join(' ')
}

function debugOf(result: Result): string[] {
  return Object.entries(result)
    .filter(([key]) => !key.startsWith('_ansible') && !['action', 'changed', 'failed', 'ansible_facts', 'ansible_loop_var', 'ansible_index_var'].includes(key))
    .map(([key, value]) => `${key}=${sorted(value)}`)
}

/** JSON with sorted keys; each run has a folder of its own. */
function sorted(value: unknown): string {
  const sort = (_key: string, each: unknown): unknown =>
    each !== null && typeof each === 'object' && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort()) : each
  return JSON.stringify(value, sort).replace(/\/[^" ]*\/x-\w+/g, 'SCRATCH')
}
