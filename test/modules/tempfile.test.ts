import t from 'tap'
import module from '../../modules/tempfile.ts'
import type { Step } from '../../runner/module.ts'
import { parametersOf, simulateAction } from '../support/module.ts'

const reply = (step: Step) => ({ stdout: step.kind === 'run' && step.argv[0] === 'mktemp' ? '/tmp/ansible.abc\n' : '600 0 0 root root 0\n' })

t.test('making one', async (t) => {
  const made = simulateAction(module, 'state: file', {}, { reply })
  t.same(made.steps, ['mktemp --tmpdir --suffix= ansible.XXXXXXXX', 'stat -c "%a %u %g %U %G %s" /tmp/ansible.abc'])
  t.match(made.result, { path: '/tmp/ansible.abc', state: 'file', mode: '0600', uid: 0 })
  t.equal(simulateAction(module, 'state: directory\npath: /srv\nprefix: a.\nsuffix: .b', {}, { reply }).steps[0], 'mktemp -d -p /srv --suffix=.b a.XXXXXXXX')
})

t.test('parameters', async (t) => {
  t.throws(() => parametersOf(module, 'prefix: a/b'), /part of a name/)
})
