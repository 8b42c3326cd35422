import t from 'tap'
import module from '../../modules/reboot.ts'
import { NothingDone, type Step, type StepReply } from '../../runner/module.ts'
import { simulateAction } from '../support/module.ts'

interface Answers {
  readonly boot?: Partial<StepReply>
  readonly shutdown?: Partial<StepReply>
  readonly test?: Partial<StepReply>
}

function reboot(args: string, answers: Answers = {}) {
  const reply = (step: Step): Partial<StepReply> => {
    if (step.kind === 'reconnect') return { stdout: 'second\n', endedAtMs: 42_900 }
    const line = step.kind === 'run' ? step.argv[2]! : ''
    if (line.startsWith('cat ')) return { stdout: 'first\n', startedAtMs: 1_000, ...answers.boot }
    return (/shutdown|mine/.test(line) ? answers.shutdown : answers.test) ?? {}
  }
  return simulateAction(module, args, {}, { reply })
}
const BACK = 'until reconnected: sh -c cat /proc/sys/kernel/random/boot_id says something else than "first\\n"'

t.test('it is back when the kernel is another one', async (t) => {
  const { steps, yielded, result } = reboot('msg: soon\npre_reboot_delay: 130\npost_reboot_delay: 5\nreboot_timeout: 60')
  t.match(steps[1], / sh 2 soon \/sbin \/bin \/usr\/sbin /)
  t.match(yielded[1], { endsHost: true })
  t.equal(steps[2], BACK)
  t.match(yielded[2], { delayMs: 5_000, withinMs: 65_000 })
  t.equal(steps[3], 'sh -c whoami')
  t.same(result, { rebooted: true, elapsed: 41 })
})

t.test('a command of its own; a test that takes its time', async (t) => {
  const { steps } = reboot('reboot_command: mine --now\ntest_command: systemctl is-system-running', { test: { exitCode: 1 } })
  t.same(steps.slice(1), ['sh -c "mine --now"', BACK, 'sh -c "systemctl is-system-running"', 'until reconnected: sh -c systemctl is-system-running'])
})

t.test('what cannot be done is not done', async (t) => {
  t.throws(() => reboot('{}', { boot: { exitCode: 1 } }), NothingDone)
  t.throws(() => reboot('{}', { shutdown: { exitCode: 1, stderr: 'not allowed' } }), /Reboot command failed\. Error was: ', not allowed'/)
  t.doesNotThrow(() => reboot('{}', { shutdown: { exitCode: -15 } }), 'a host that goes down at once ends the program')
})
