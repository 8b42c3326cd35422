/** Becoming another user where there is sudo, and where there is none. */
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import type { Become } from '../../../../runner/port/port.ts'
import { framedScript, questions, shellCommand } from '../../../../runner/port/shell/become.ts'
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
      { method: 'su', user: 'root', password: 'hush', flags: ['-l'] },
      { method: 'doas', user: 'root', password: 'hush', executable: ['/usr/bin/doas'] },
    ] as const) {
      const command = shellCommand(kind, become, MARKS)
      t.notMatch(command, /[\n!]|hush/)
      t.match(command, /^exec \/bin\/sh -c '/)
    }
  }
  const line = (become: Become) => shellCommand('session', become, MARKS)
  t.match(line({ method: 'sudo', user: 'root' }), / playline root 'exec \/bin\/sh' sudo -H -n -u root --$/)
  t.match(line({ method: 'sudo', user: 'root', password: 'x' }), / 'echo ready; exec \/bin\/sh' sudo -H -S -p '\[sudo-x\]' -u root --$/)
  t.match(line({ method: 'sudo', user: 'root', flags: ['-n', '-HES', '--stdin', '-k'] }), / sudo -HE -k -n -u root --$/)
  t.match(line({ method: 'su', user: 'bob', flags: ['-l'], executable: ['/bin/su'] }), / \/bin\/su -l bob$/)
  t.match(line({ method: 'doas', user: 'bob' }), / 'exec \/bin\/sh' doas -n -u bob$/)
})

t.test('sudo -i and -s leave `$` to the shell of the user, so there is none', async (t) => {
  const line = shellCommand('script', { method: 'sudo', user: 'root', flags: ['-Hi'] }, MARKS)
  const body = / playline root '([^']*)' sudo/.exec(line)![1]!
  t.notMatch(body, /\$/)
  t.equal(
    spawnSync('/bin/sh', ['-c', body], {
      input: framedScript("echo 'a  b' *\nread -r x; echo $x") + 'rest\n',
      cwd: '/proc/self/fdinfo',
      encoding: 'utf8',
    }).stdout.replace(/ \d[\d ]*$/m, ''),
    'a  b\nrest\n',
  )
})

t.test('what asks for a password', async (t) => {
  const su = { method: 'su', user: 'root', password: 'x' } as const
  t.equal(questions(su, 'Password: ', MARKS), 1)
  t.equal(questions(su, 'Mot de passe\u00a0: ', MARKS), 1)
  t.equal(questions(su, '密码：', MARKS), 1)
  t.equal(questions(su, 'a notice\n', MARKS), 0)
  t.equal(questions({ ...su, method: 'sudo' }, 'Password: [sudo-x]', MARKS), 1)
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
