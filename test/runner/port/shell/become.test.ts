/** Becoming another user where there is sudo, and where there is none. */
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import { framedScript, shellCommand } from '../../../../runner/port/shell/become.ts'
import { ShellPort } from '../../../../runner/port/shell/shell-port.ts'
import { refused } from '../support/refused.ts'
import { shells } from '../support/shells.ts'

const MARKS = { prompt: '[sudo-x]', ready: 'ready' }

t.test('command lines hold no newline, no exclamation mark, and no secret', async (t) => {
  for (const kind of ['session', 'script'] as const) {
    for (const become of [
      undefined,
      { method: 'sudo', user: 'root' },
      { method: 'sudo', user: 'CORP\\someone', password: 'hush', flags: ['-H', '-i'] },
    ] as const) {
      const command = shellCommand(kind, become, MARKS)
      t.notMatch(command, /[\n!]|hush/)
      t.match(command, /^exec \/bin\/sh -c '/)
    }
  }
  t.match(shellCommand('session', { method: 'sudo', user: 'root' }, MARKS), / playline root 'exec \/bin\/sh' -H -n$/)
  t.match(shellCommand('session', { method: 'sudo', user: 'root', password: 'x' }, MARKS), / -H -S -p '\[sudo-x\]'$/)
  t.match(shellCommand('session', { method: 'sudo', user: 'root', flags: ['-n', '-HES', '--stdin', '-i'] }, MARKS), / -HE -i -n$/)
})

t.test('a user has to be one', async (t) => {
  for (const user of ['', '-u', "a'b", 'a"b', 'a\nb'])
    t.throws(() => shellCommand('script', { method: 'sudo', user }, MARKS), DiagnosticError, JSON.stringify(user))
})

t.test('a script is announced by its number of lines', async (t) => {
  t.equal(framedScript('one'), '1\none\n')
  t.equal(framedScript('one\ntwo\n'), '2\none\ntwo\n')
  t.equal(framedScript("echo 'a\n\nb'\n"), "3\necho 'a\n\nb'\n")
})

for (const shell of shells((end) => t.teardown(end))) {
  if (shell.name !== 'busybox') continue
  t.test('without sudo only who already is the user goes on', { skip: shell.skip || (process.getuid?.() !== 0 && 'needs root') }, async (t) => {
    const port = new ShellPort(shell.transport())
    t.teardown(() => port.close())
    const as = (user: string, password?: string) => ({ become: { method: 'sudo', user, ...(password !== undefined && { password }) } }) as const
    for (const password of [undefined, 'needless']) {
      t.equal((await port.run({ kind: 'run', argv: ['cat'], stdin: 'input' }, as('root', password))).stdout, 'input')
      t.match(await port.read([{ kind: 'query', argv: ['id', '-un'] }], as('root', password)), [{ reply: { stdout: 'root\n' } }])
      t.match(await refused(port.run({ kind: 'run', argv: ['id'] }, as('daemon', password))), {
        code: 'BECOME_FAILED',
        detail: 'sudo: command not found',
        hint: 'Install sudo on the host, or log in as the user that is wanted.',
      })
    }
  })
}
