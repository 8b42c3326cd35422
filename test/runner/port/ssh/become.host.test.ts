/** Becoming another user with su and doas, and programs on a terminal, over a real sshd. */
import { existsSync } from 'node:fs'
import t from 'tap'
import type { Become, ConnectionSettings, Port } from '../../../../runner/port/port.ts'
import { openPort } from '../../../../runner/port/open.ts'
import { allGone, uniqueSeconds } from '../support/processes.ts'
import { refused } from '../support/refused.ts'
import { BOB_PASSWORD, missing, startSshd } from '../support/sshd.ts'

t.setTimeout(240_000)

const SHELL: [string, ...string[]] = ['sh', '-c', 'id -un; cat; echo err >&2']

t.test('su, doas and terminals', { skip: missing() }, async (t) => {
  const sshd = await startSshd({ hostKeyTypes: ['ed25519'] })
  t.teardown(() => sshd.stop())
  sshd.trust()
  async function withPort<T>(more: Partial<ConnectionSettings>, does: (port: Port) => Promise<T>): Promise<T> {
    const port = openPort(sshd.settings(more), sshd.place)
    try {
      return await does(port)
    } finally {
      await port.close()
    }
  }
  /** Runs and reads as the user: what both said. */
  async function act(user: string, become: Become) {
    return withPort({ user }, async (port) => {
      const { stdout, stderr } = await port.run({ kind: 'run', argv: SHELL, stdin: 'input\n' }, { become })
      const [read] = await port.read([{ kind: 'query', argv: ['id', '-un'] }], { become })
      return { stdout, stderr, read }
    })
  }
  const failure = (user: string, become: Become) => refused(withPort({ user }, (port) => port.run({ kind: 'run', argv: SHELL, stdin: '' }, { become })))

  t.test('su', async (t) => {
    const bob = { method: 'su', user: 'bob', password: BOB_PASSWORD } as const
    t.match(await act('alice', bob), { stdout: 'bob\ninput\n', stderr: /err\n$/, read: { reply: { stdout: 'bob\n' } } })
    t.match(await act('alice', { ...bob, flags: ['-l'] }), { stdout: 'bob\ninput\n' })
    t.match(await failure('alice', { ...bob, password: 'wrong' }), { code: 'BECOME_FAILED', summary: 'Incorrect su password' })
    t.match(await failure('alice', { method: 'su', user: 'bob' }), { code: 'BECOME_FAILED', summary: 'Missing su password' })
  })

  t.test('doas', { skip: existsSync('/usr/bin/doas') ? false : 'needs doas' }, async (t) => {
    const carol = { method: 'doas', user: 'carol' } as const
    t.match(await act('alice', carol), { stdout: 'carol\ninput\n', stderr: 'err\n', read: { reply: { stdout: 'carol\n' } } })
    t.match(await act('alice', { ...carol, password: 'needless' }), { stdout: 'carol\ninput\n', stderr: 'err\n' }, 'a password that is not asked for')
    t.match(await act('bob', { ...carol, password: BOB_PASSWORD }), { stdout: 'carol\ninput\n', stderr: /err\n/, read: { reply: { stdout: 'carol\n' } } })
    t.match(await failure('bob', { ...carol, password: 'wrong' }), { code: 'BECOME_FAILED', summary: 'Incorrect doas password' })
    t.match(await failure('bob', carol), { code: 'BECOME_FAILED', summary: 'Missing doas password' })
    t.match(await failure('alice', { method: 'doas', user: 'root' }), { code: 'BECOME_FAILED', summary: /cannot become user 'root' with doas/ })
  })

  t.test('sudo: flags that leave the shell to the user, and words for a password', async (t) => {
    t.match(await act('bob', { method: 'sudo', user: 'carol', password: BOB_PASSWORD, flags: ['-i'] }), { stdout: 'carol\ninput\n' })
    t.match(await failure('bob', { method: 'sudo', user: 'root' }), { summary: 'Missing sudo password' })
    t.match(await failure('bob', { method: 'sudo', user: 'root', password: 'wrong' }), { summary: 'Incorrect sudo password' })
  })

  t.test('who logs in need not become themselves', async (t) => {
    t.match(await act('carol', { method: 'sudo', user: 'carol' }), { stdout: 'carol\ninput\n' }, 'carol may not use sudo')
  })

  t.test('a terminal', async (t) => {
    const run = (user: string, commandLine: string, become?: Become, more: { timeoutMs?: number } = {}) =>
      withPort({ user }, (port) =>
        port.run(
          { kind: 'run', argv: ['sh', '-c', commandLine], terminal: { commandLine }, okExitCodes: 'any', ...more },
          { become, environment: { A: "it's" } },
        ),
      )
    const farewell = 'Shared connection to 127.0.0.1 closed.\r\n'
    t.same(await run('alice', 'id -un; echo err >&2; [ -t 1 ] && echo terminal; echo "$A"; exit 3'), {
      exitCode: 3,
      stdout: "alice\r\nerr\r\nterminal\r\nit's\r\n",
      stderr: farewell,
    })
    t.same(await run('alice', 'id -un', { method: 'sudo', user: 'root' }), { exitCode: 0, stdout: 'root\r\n', stderr: farewell })
    t.same(await run('bob', 'id -un', { method: 'sudo', user: 'root', password: BOB_PASSWORD }), { exitCode: 0, stdout: 'root\r\n', stderr: farewell })
    t.same(await run('alice', 'id -un', { method: 'su', user: 'bob', password: BOB_PASSWORD }), { exitCode: 0, stdout: 'bob\r\n', stderr: farewell })
    t.match(await refused(run('bob', 'id', { method: 'sudo', user: 'root', password: 'wrong' })), { summary: 'Incorrect sudo password' })
    t.match(await refused(run('alice', 'id', { method: 'su', user: 'bob' })), { summary: 'Missing su password' })
    const seconds = uniqueSeconds()
    t.match(await refused(run('alice', `echo so far; sleep ${seconds}`, undefined, { timeoutMs: 700 })), { code: 'TIMED_OUT', detail: 'so far' })
    t.ok(await allGone(`sleep ${seconds}`), 'the terminal ends what ran on it')
  })
})
