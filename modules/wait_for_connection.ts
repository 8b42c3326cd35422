/** Waits until a host can be logged in to. */
import { hostAnswers, param, read, z } from '../runner/module.ts'

export default read({
  summary: 'Waits until a host can be logged in to and answers.',
  params: () =>
    z
      .object({
        timeout: param.int(0, 86_400).default(600).describe('Seconds after which it fails.'),
        delay: param.int(0, 86_400).default(0).describe('Seconds before the first attempt.'),
        sleep: param.int(0, 3_600).default(1).describe('Seconds between two attempts.'),
        connect_timeout: param.int(1, 3_600).default(5).describe('Of no effect: an attempt takes as long as the connection allows (ansible_timeout).'),
      })
      .strict(),
  examples: [
    { name: 'Until it is up', args: '{}' },
    { name: 'A new machine takes its time', args: 'delay: 10\ntimeout: 300' },
  ],
  returns: { elapsed: 'seconds that it took' },
  notes: ['A dry run skips it, as Ansible does.'],
  waitsForConnection: true,
  probe: () => ({ answers: hostAnswers() }),
  missing: () => [],
  // Also where there is nothing to wait for at once: Ansible tries at least once.
  wait: (p) => ({ timeoutMs: p.timeout * 1000, intervalMs: Math.max(p.sleep, 0.1) * 1000, delayMs: p.delay * 1000 }),
  result: () => ({}),
})
