import t from 'tap'
import module from '../../modules/raw.ts'
import { parametersOf, simulateAction } from '../support/module.ts'

t.test('the login shell, or another one', async (t) => {
  const step = (args: string) => simulateAction(module, args).yielded[0]
  t.match(step('show version'), { argv: ['/bin/sh', '-c', 'show version'], terminal: { commandLine: 'show version' }, takesEnvironment: false })
  t.match(step('cmd: show $A\nexecutable: /bin/bash'), { argv: ['/bin/bash', '-c', 'show $A'], terminal: { commandLine: "/bin/bash -c 'show $A'" } })
  t.throws(() => parametersOf(module, 'executable: /bin/sh'))
})

t.test('results', async (t) => {
  const result = (exitCode: number, stdout: string) => simulateAction(module, 'x', {}, { reply: () => ({ exitCode, stdout, stderr: 'e\n' }) }).result
  t.same(result(0, 'a\r\nb\r\n'), { rc: 0, stdout: 'a\r\nb\r\n', stdout_lines: ['a', 'b'], stderr: 'e\n', stderr_lines: ['e'] })
  t.match(result(3, ''), { rc: 3, failed: true, msg: 'non-zero return code' })
})
