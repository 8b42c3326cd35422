/** Reboots a host and waits until it is back: until its kernel has started anew, and commands run. */
import { action, NothingDone, param, run, StepFailure, z } from '../runner/module.ts'
import type { Step, StepReply } from '../runner/module.ts'

const params = () =>
  z
    .object({
      pre_reboot_delay: param.int().default(0).describe('Seconds before the reboot; whole minutes count, as for shutdown(8).'),
      post_reboot_delay: param.int().default(0).describe('Seconds after the reboot was asked for, before it is tried whether the host is back.'),
      reboot_timeout: param.int(1, 86_400).default(600).describe('Seconds within which the host has to be back, and once more for the test command.'),
      connect_timeout: param.int(1, 3_600).optional().describe('Of no effect: an attempt takes as long as the connection allows (ansible_timeout).'),
      test_command: param.nonEmptyString().default('whoami').describe('What has to succeed before the host counts as back.'),
      msg: param.string().default('Reboot initiated by Ansible').describe('What users of the host are told.'),
      search_paths: param.list(z.string()).default(['/sbin', '/bin', '/usr/sbin', '/usr/bin', '/usr/local/sbin']).describe('Where shutdown is looked for.'),
      boot_time_command: param.nonEmptyString().default('cat /proc/sys/kernel/random/boot_id').describe('What says something else after a reboot.'),
      reboot_command: param.nonEmptyString().optional().describe('What reboots the host; without it `shutdown -r`.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

/** Names may be older: `pre_reboot_delay_sec`. */
const ALIASES = {
  pre_reboot_delay: ['pre_reboot_delay_sec'],
  post_reboot_delay: ['post_reboot_delay_sec'],
  reboot_timeout: ['reboot_timeout_sec'],
  connect_timeout: ['connect_timeout_sec'],
}

/** Looks for the program in `$1…`, then wherever PATH says; minutes and the message are its arguments. */
const SHUTDOWN = 'm=$1; t=$2; shift 2; for d; do [ -x "$d/shutdown" ] && exec "$d/shutdown" -r "$m" "$t"; done; exec shutdown -r "$m" "$t"'

const INTERVAL_MS = 1000

function* reboot(p: Params): Generator<Step, Record<string, unknown>, StepReply> {
  const bootTime = ['sh', '-c', p.boot_time_command] as const
  const before = yield run(bootTime, { okExitCodes: 'any' })
  if (before.exitCode !== 0) {
    const msg = `running the boot time command '${p.boot_time_command}' failed`
    throw new NothingDone(msg, { msg, rebooted: false, elapsed: 0 })
  }
  const minutes = String(Math.floor(Math.max(p.pre_reboot_delay, 0) / 60))
  const asked = yield run(p.reboot_command === undefined ? ['sh', '-c', SHUTDOWN, 'sh', minutes, p.msg, ...p.search_paths] : ['sh', '-c', p.reboot_command], {
    okExitCodes: 'any',
    endsHost: true,
  })
  // A host that goes down at once ends the program with it.
  if (asked.exitCode > 0) {
    const msg = `Reboot command failed. Error was: '${asked.stdout.trim()}, ${asked.stderr.trim()}'`
    throw new NothingDone(msg, { msg, rebooted: false, elapsed: 0 })
  }
  const withinMs = p.reboot_timeout * 1000
  const back = yield {
    kind: 'reconnect',
    argv: bootTime,
    notThis: before.stdout,
    delayMs: Math.max(p.post_reboot_delay, 0) * 1000,
    intervalMs: INTERVAL_MS,
    withinMs: Math.max(p.post_reboot_delay, 0) * 1000 + withinMs,
  }
  const tested = yield run(['sh', '-c', p.test_command], { okExitCodes: 'any' })
  if (tested.exitCode !== 0) {
    const ready = yield { kind: 'reconnect', argv: ['sh', '-c', p.test_command], delayMs: INTERVAL_MS, intervalMs: INTERVAL_MS, withinMs }
    if (ready.exitCode !== 0) throw new StepFailure('the test command fails', ready)
  }
  return { rebooted: true, elapsed: Math.floor(((back.endedAtMs ?? 0) - (before.startedAtMs ?? 0)) / 1000) }
}

export default action({
  summary: 'Reboots a host and waits until it is back.',
  params,
  aliases: ALIASES,
  examples: [
    { name: 'Into the new kernel', args: '{}' },
    { name: 'A machine that takes long', args: 'reboot_timeout: 1800\nmsg: A new kernel is waiting' },
  ],
  returns: { rebooted: 'Whether it was.', elapsed: 'Seconds that it took.' },
  notes: ['The controller itself is not rebooted.'],
  refusedOnController: { msg: 'Running reboot with local connection would reboot the control node.', rebooted: false, elapsed: 0 },
  dryRun: () => ({ result: { rebooted: true, elapsed: 0 }, counts: 'changed' }),
  run: reboot,
})
