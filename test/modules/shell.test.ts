import t from 'tap'
import module from '../../modules/shell.ts'
import { parametersOf, simulateAction, textFile } from '../support/module.ts'

t.test('the shell reads the line', async (t) => {
  const argv = (args: string) => {
    const [step] = simulateAction(module, args).yielded
    return step?.kind === 'run' ? step.argv : undefined
  }
  t.same(argv('"echo $HOME | tr / :"'), ['/bin/sh', '-c', 'echo $HOME | tr / :'])
  t.same(argv('cmd: set -o pipefail\nexecutable: /bin/bash'), ['/bin/bash', '-c', 'set -o pipefail'])
  t.same(argv('argv: [echo, a  b, $HOME]'), ['/bin/sh', '-c', "echo 'a  b' '$HOME'"])
})

t.test('results', async (t) => {
  t.match(simulateAction(module, 'exit 4', {}, { reply: () => ({ exitCode: 4, stderr: 'x\n' }) }).result, {
    cmd: 'exit 4',
    rc: 4,
    stderr: 'x',
    failed: true,
    msg: 'non-zero return code',
  })
  t.match(simulateAction(module, 'cmd: a\ncreates: /f', { '/f': textFile('') }).result, { cmd: 'a', rc: 0, stdout: 'skipped, since /f exists' })
})

t.test('parameters', async (t) => {
  t.throws(() => simulateAction(module, 'cmd: " "'), { message: 'no command given', result: { rc: 256 } })
  t.throws(() => simulateAction(module, 'cmd: a\nargv: [a]'), { message: 'only command or argv can be given, not both', result: { rc: 256 } })
  t.throws(() => parametersOf(module, 'cmd: a\nnonsense: b'), /nonsense/)
})
