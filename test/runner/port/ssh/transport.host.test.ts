/** Acting on a host over a real sshd: users, channels, and connections that die. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Content } from '../../../../runner/contract/content.ts'
import type { FileReply, QueryReply } from '../../../../runner/contract/resource.ts'
import type { Become, ConnectionSettings, Port, ReadOutcome } from '../../../../runner/port/port.ts'
import { openPort } from '../../../../runner/port/open.ts'
import { allGone, eventually, processesWith, uniqueSeconds } from '../support/processes.ts'
import { refused } from '../support/refused.ts'
import { BOB_PASSWORD, missing, startRelay, startSshd } from '../support/sshd.ts'

t.setTimeout(240_000)

const ME = { become: undefined }
const as = (user: string, more: Partial<Become> = {}): { become: Become } => ({ become: { method: 'sudo', user, ...more } })
const ROOT = as('root')
const query = (...argv: [string, ...string[]]) => ({ kind: 'query', argv }) as const
const runs = (...argv: [string, ...string[]]) => ({ kind: 'run', argv }) as const
const stdout = (outcome: ReadOutcome | undefined) => (outcome && 'reply' in outcome ? (outcome.reply as QueryReply).stdout : undefined)
const problem = (outcome: ReadOutcome | undefined) => (outcome && 'problem' in outcome ? outcome.problem : undefined)

t.test('users', { skip: missing() }, async (t) => {
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

  t.test('several at once on one connection', async (t) => {
    await withPort({}, async (port) => {
      const secret = join(sshd.folder, 'secret')
      writeFileSync(secret, 'only root')
      chmodSync(secret, 0o600)
      const read = { kind: 'file', path: secret, content: 'bytes' } as const
      const both = [{ kind: 'file', path: '/etc/hostname', content: 'bytes' }, read] as const
      const [mine, roots, carols] = await Promise.all([
        port.read([query('id', '-un'), ...both], ME),
        port.read([query('id', '-un'), ...both], ROOT),
        port.read([query('id', '-un'), read], as('carol')),
      ])
      t.same(
        [mine, roots, carols].map((outcomes) => stdout(outcomes[0])),
        ['alice\n', 'root\n', 'carol\n'],
      )
      t.match(problem(mine[2]), { code: 'PROBE_FAILED', summary: `cannot read ${secret}`, detail: 'Permission denied' }, 'in a group')
      t.match(problem(carols[1]), { code: 'PROBE_FAILED', summary: `cannot read ${secret}`, detail: 'Permission denied' }, 'alone')
      t.match((roots[2] as { reply: FileReply }).reply.state, { type: 'file', content: { text: 'only root' } })
      const closed = join(sshd.folder, 'closed')
      mkdirSync(closed, { mode: 0o700 })
      const [inside, beside] = await port.read(
        [
          { kind: 'file', path: join(closed, 'x'), content: 'none' },
          { kind: 'file', path: '/nowhere/x', content: 'none' },
        ],
        ME,
      )
      t.match(problem(inside), { summary: `cannot read ${join(closed, 'x')}`, detail: 'Permission denied' }, 'what may not be looked at is not absent')
      t.match(beside, { reply: { state: { type: 'absent' } } })
      const who = await Promise.all([ME, ROOT, as('carol')].map((options) => port.run(runs('sh', '-c', 'id -un; echo $HOME; cat'), options)))
      t.same(
        who.map((reply) => reply.stdout),
        [`alice\n${sshd.folder}/server/home/alice\n`, 'root\n/root\n', `carol\n${sshd.folder}/server/home/carol\n`],
      )
    })
    t.equal(sshd.log().split('Accepted publickey').length - 1, 1, 'one login')
  })

  t.test('one who needs a password for sudo', async (t) => {
    await withPort({ user: 'bob' }, async (port) => {
      const right = as('root', { password: BOB_PASSWORD })
      t.match(await refused(port.read([query('id')], ROOT)), {
        code: 'BECOME_FAILED',
        summary: 'Missing sudo password',
        detail: 'sudo: a password is required',
        hint: 'Give it as ansible_become_password, with --ask-become-pass or with --become-password-file.',
      })
      t.match(await refused(port.run(runs('id'), as('root', { password: 'wrong' }))), {
        code: 'BECOME_FAILED',
        detail: /Sorry, try again\.$/,
        hint: 'Check the password given as ansible_become_password, and what the host allows.',
      })
      t.equal(stdout((await port.read([query('id', '-un')], right))[0]), 'root\n')
      t.equal((await port.run({ ...runs('cat'), stdin: 'input' }, right)).stdout, 'input')
      t.equal((await port.run(runs('cat'), right)).stdout, '')
      const path = join(sshd.folder, 'by-bob')
      await port.put({ kind: 'put', path, content: Content.of('content'), mode: '0600' }, right)
      t.equal(readFileSync(path, 'utf8'), 'content')
      t.match(processesWith(BOB_PASSWORD), [])
    })
  })

  t.test('a password that sudo does not ask for goes nowhere', async (t) => {
    await withPort({}, async (port) => {
      const needless = as('root', { password: 'touch /tmp/playline-was-here' })
      t.equal((await port.run({ ...runs('cat'), stdin: 'input' }, needless)).stdout, 'input')
      t.equal(stdout((await port.read([query('cat')], needless))[0]), '')
      t.notOk(existsSync('/tmp/playline-was-here'))
    })
  })

  t.test('one who may not, and users that are none', async (t) => {
    await withPort({ user: 'carol' }, async (port) => {
      t.match(await refused(port.run(runs('id'), ROOT)), { code: 'BECOME_FAILED', detail: /password is required/ })
    })
    await withPort({}, async (port) => {
      t.match(await refused(port.run(runs('id'), as('no-such-user'))), {
        code: 'BECOME_FAILED',
        detail: /unknown user/,
        hint: 'There is no such user on the host.',
      })
      t.match(await refused(port.run(runs('id'), as("x'; id; '"))), { code: 'BAD_ARGUMENT' })
      t.match(await refused(port.run(runs('id'), as('-x'))), { code: 'BAD_ARGUMENT' })
      t.equal((await port.run(runs('id', '-un'), as('carol'))).stdout, 'carol\n', 'a refusal does the port no harm')
    })
  })

  t.test('flags', async (t) => {
    await withPort({}, async (port) => {
      const home = (flags: readonly string[]) => port.run(runs('sh', '-c', 'echo $HOME'), as('root', { flags })).then((reply) => reply.stdout)
      t.equal(await home(['-H', '-S', '-n']), '/root\n')
      t.equal(await home(['-HSn']), '/root\n')
      t.equal(await home(['--preserve-env=NOTHING']), '/root\n')
    })
  })

  t.test('time-outs end what runs as another user', async (t) => {
    await withPort({}, async (port) => {
      for (const options of [ME, ROOT, as('carol')]) {
        const seconds = uniqueSeconds()
        t.match(await refused(port.run({ ...runs('sh', '-c', `sleep ${seconds} & sleep ${seconds}`), timeoutMs: 200 }, options)), { code: 'TIMED_OUT' })
        t.ok(await allGone(seconds), `a run of ${options.become?.user}`)
        const [hung, next] = await port.read([{ ...query('sleep', seconds), timeoutMs: 200 }, query('id', '-un')], options)
        t.match(problem(hung), { code: 'TIMED_OUT', summary: `'sleep ${seconds}' did not end within 0.2 s and was stopped` })
        t.equal(stdout(next), `${options.become?.user ?? 'alice'}\n`)
        t.ok(await allGone(seconds), `a query of ${options.become?.user}`)
      }
    })
  })

  t.test('binary content of 20 MB, both ways', async (t) => {
    await withPort({}, async (port) => {
      const bytes = Buffer.alloc(20 * 1024 * 1024)
      for (let index = 0; index < bytes.length; index += 5) bytes[index] = index % 253
      const path = join(sshd.folder, 'large')
      await port.put({ kind: 'put', path, content: Content.of(bytes), mode: '0600', owner: 'carol' }, ROOT)
      const [back] = await port.read([{ kind: 'file', path, content: 'bytes', maxBytes: bytes.length }], ROOT)
      const { state } = (back as { reply: FileReply }).reply
      t.ok(state.type === 'file' && state.owner === 'carol' && state.content.bytes?.equals(bytes))
      const piped = await port.run({ ...runs('sha256sum'), stdin: bytes }, ROOT)
      t.equal(piped.stdout.split(' ')[0], Content.of(bytes).sha256)
    })
  })

  t.test('a full disk', async (t) => {
    await withPort({}, async (port) => {
      const disk = '/run/small'
      await port.run(runs('sh', '-c', `mkdir ${disk} && mount -t tmpfs -o size=256k tmpfs ${disk} && echo old >${disk}/file`), ROOT)
      const content = Content.of(Buffer.alloc(1024 * 1024, 'x'))
      t.match(await refused(port.put({ kind: 'put', path: `${disk}/file`, content, mode: '0644' }, ROOT)), {
        code: 'STEP_FAILED',
        summary: `cannot write ${disk}/file`,
        detail: /No space left on device/,
      })
      t.equal((await port.run(runs('sh', '-c', `cat ${disk}/file; ls -A ${disk}`), ROOT)).stdout, 'old\nfile\n')
      const tmp = await port.run(runs('sh', '-c', `mount --bind ${disk} /tmp; cat /dev/zero >${disk}/fill; true`), ROOT)
      t.match(tmp.stderr, /No space/)
      t.equal(stdout((await port.read([query('head', '-c', '100000', '/dev/zero')], ROOT))[0])?.length, 100_000, 'reads need no disk')
      await port.run(runs('umount', '/tmp'), ROOT)
    })
  })
})

const CLEAN = { exitCode: 0, stdout: 'clean\n', stderr: '' }

t.test('login shells that talk, and ones that refuse', { skip: missing() }, async (t) => {
  const chatty = [
    ['/bin/bash', '.bashrc'],
    ['/bin/dash', '.profile'],
    ['/usr/bin/zsh', '.zshenv'],
    ['/usr/bin/tcsh', '.cshrc'],
    ['/usr/bin/fish', '.no-such-file'],
  ] as const
  for (const [shell, rc] of chatty.filter(([path]) => existsSync(path))) {
    const sshd = await startSshd({ hostKeyTypes: ['ed25519'], shell })
    t.teardown(() => sshd.stop())
    sshd.trust()
    for (const user of ['alice', 'bob']) {
      const file = join(sshd.folder, 'server/home', user, rc)
      writeFileSync(file, 'echo "Welcome to this host"; echo "mind your step" >&2\n')
      chownSync(file, user === 'alice' ? 23001 : 23002, 23001)
    }
    const port = openPort(sshd.settings(), sshd.place)
    t.match(await port.run(runs('echo', 'clean'), ME), CLEAN, shell)
    t.same(await port.read([query('echo', 'clean')], ME), [{ reply: CLEAN }])
    t.match(await port.run(runs('echo', 'clean'), ROOT), CLEAN)
    await port.close()
    const bob = openPort(sshd.settings({ user: 'bob' }), sshd.place)
    t.match(await bob.run(runs('echo', 'clean'), as('root', { password: BOB_PASSWORD })), CLEAN)
    await bob.close()
  }
  const sshd = await startSshd({ hostKeyTypes: ['ed25519'], shell: '/usr/sbin/nologin' })
  t.teardown(() => sshd.stop())
  sshd.trust()
  const port = openPort(sshd.settings(), sshd.place)
  t.match(await refused(port.run(runs('id'), ME)), { code: 'UNREACHABLE', summary: 'web1: logged in, but no shell could be started', detail: /not available/ })
  t.match(await refused(port.read([query('id')], ME)), { code: 'UNREACHABLE' })
  await port.close()
})

t.test('a sudo that wants a terminal', { skip: missing() }, async (t) => {
  const sshd = await startSshd({ hostKeyTypes: ['ed25519'], sudoers: 'Defaults requiretty' })
  t.teardown(() => sshd.stop())
  sshd.trust()
  const port = openPort(sshd.settings(), sshd.place)
  t.teardown(() => port.close())
  t.match(await refused(port.run(runs('id'), ROOT)), {
    code: 'BECOME_FAILED',
    detail: /must have a tty/,
    hint: 'This host wants a terminal for sudo, and there is none: take `requiretty` out of its sudoers.',
  })
})

t.test('channels', { skip: missing() }, async (t) => {
  for (const sessions of [10, 3, 2, 1]) {
    await t.test(`where sshd allows ${sessions} on a connection`, async (t) => {
      const sshd = await startSshd({ hostKeyTypes: ['ed25519'], config: `MaxSessions ${sessions}` })
      t.teardown(() => sshd.stop())
      sshd.trust()
      const port = openPort(sshd.settings(), sshd.place)
      t.teardown(() => port.close())
      const users = [ME, ROOT, as('bob'), as('carol')]
      const jobs = Array.from({ length: 24 }, (_, index) => {
        const options = users[index % 4]!
        const name = `${options.become?.user ?? 'alice'}\n`
        return (
          index % 3 === 0
            ? port.read([query('id', '-un')], options).then(([outcome]) => stdout(outcome))
            : port.run(runs('id', '-un'), options).then((reply) => reply.stdout)
        ).then((found) => found === name)
      })
      t.ok((await Promise.all(jobs)).every(Boolean), 'many at once')
      const seconds = uniqueSeconds()
      const hanging = Array.from({ length: sessions }, () => refused(port.run({ ...runs('sleep', seconds), timeoutMs: 1500 }, ROOT)))
      t.match(
        await Promise.all(hanging),
        Array.from({ length: sessions }, () => ({ code: 'TIMED_OUT' })),
      )
      t.ok(await allGone(seconds), 'what holds every channel can still be ended')
      t.equal((await port.run(runs('id', '-un'), ME)).stdout, 'alice\n')
    })
  }
})

t.test('connections that die', { skip: missing() }, async (t) => {
  const sshd = await startSshd({ hostKeyTypes: ['ed25519'] })
  t.teardown(() => sshd.stop())
  const relay = await startRelay(sshd.port)
  t.teardown(() => relay.stop())
  sshd.inSsh('known_hosts', `[127.0.0.1]:${relay.port} ${sshd.hostKeys['ed25519']}\n`)
  const open = (more: Partial<ConnectionSettings> = {}) => {
    const port = openPort(sshd.settings({ port: relay.port, ...more }), sshd.place)
    t.teardown(() => port.close())
    return port
  }
  const folder = join(sshd.folder, 'target')
  mkdirSync(folder)

  t.test('reads are asked again on a new one', async (t) => {
    const port = open()
    await port.read([query('true')], ROOT)
    const before = relay.connections()
    const seconds = uniqueSeconds()
    const reading = port.read(
      [
        query('echo', 'first'),
        query('sh', '-c', `test -e ${folder}/again || { touch ${folder}/again; sleep ${seconds}; }; echo answered`),
        query('echo', 'last'),
      ],
      ROOT,
    )
    t.ok(await eventually(() => processesWith(`sleep ${seconds}`).length > 0))
    relay.cut()
    t.same((await reading).map(stdout), ['first\n', 'answered\n', 'last\n'])
    t.equal(relay.connections(), before + 1)
    await port.run({ ...runs('pkill', '-f', `^sleep ${seconds}`), okExitCodes: 'any' }, ROOT)
  })

  t.test('a run is not', async (t) => {
    const port = open()
    const mark = join(folder, 'runs')
    const running = refused(port.run(runs('sh', '-c', `echo once >>${mark}; sleep 1; echo done >>${mark}`), ROOT))
    t.ok(await eventually(() => existsSync(mark) && readFileSync(mark, 'utf8') !== ''))
    relay.cut()
    t.match(await running, { code: 'CONNECTION_LOST', summary: 'web1: the connection was lost' })
    t.ok(await eventually(() => readFileSync(mark, 'utf8').includes('done')), 'what ran on the host ran to its end')
    t.equal(readFileSync(mark, 'utf8'), 'once\ndone\n')
    t.equal((await port.run(runs('echo', 'again'), ROOT)).stdout, 'again\n', 'the next one connects anew')
  })

  t.test('one that died unnoticed between two steps costs nothing', async (t) => {
    const port = open()
    await port.run(runs('true'), ROOT)
    relay.cut()
    t.equal((await port.run(runs('echo', 'on'), ROOT)).stdout, 'on\n')
    relay.cut()
    t.same((await port.read([query('echo', 'on')], ROOT)).map(stdout), ['on\n'])
  })

  t.test('in the middle of a put the old file stays and the temporary one goes', async (t) => {
    const path = join(folder, 'precious')
    writeFileSync(path, 'old')
    const port = open()
    await port.read([query('true')], ROOT)
    for (const options of [ROOT, as('root', { password: 'needless' })]) {
      for (const bytes of [3_000_000, 9_000_000]) {
        relay.cutAfterBytes(bytes)
        t.match(await refused(port.put({ kind: 'put', path, content: Content.of(Buffer.alloc(10_000_000, 'new')), mode: '0600' }, options)), {
          code: 'CONNECTION_LOST',
        })
        relay.cut()
        t.ok(await eventually(() => !readdirSync(folder).some((name) => name.startsWith('.playline-'))))
        t.equal(readFileSync(path, 'utf8'), 'old')
      }
    }
    await port.put({ kind: 'put', path, content: Content.of('new'), mode: '0600' }, ROOT)
    t.equal(readFileSync(path, 'utf8'), 'new')
  })

  t.test('a host that falls silent is noticed', async (t) => {
    const silent = await startRelay(sshd.port)
    t.teardown(() => silent.stop())
    sshd.inSsh('known_hosts', `[127.0.0.1]:* ${sshd.hostKeys['ed25519']}\n`)
    const port = open({ port: silent.port, sshArguments: ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1'], connectTimeoutMs: 1000 })
    await port.read([query('true')], ME)
    const seconds = uniqueSeconds()
    const running = refused(port.run(runs('sleep', seconds), ME))
    t.ok(await eventually(() => processesWith(`sleep ${seconds}`).length > 0))
    silent.freeze()
    t.match(await running, { code: 'CONNECTION_LOST', detail: 'Keepalive timeout' })
    t.match(await refused(port.read([query('true')], ME)), { code: 'UNREACHABLE', detail: /no answer within 1 s/ })
    await open().run({ ...runs('pkill', '-f', `^sleep ${seconds}`), okExitCodes: 'any' }, ROOT)
  })

  t.test('closing cuts off what is under way, and a closed port connects anew', async (t) => {
    const port = open()
    const seconds = uniqueSeconds()
    const reading = refused(port.read([{ ...query('sleep', seconds) }], ROOT))
    t.ok(await eventually(() => processesWith(`sleep ${seconds}`).length > 0))
    const before = relay.connections()
    await port.close()
    await port.close()
    t.match(await reading, { code: 'CONNECTION_LOST' })
    t.equal(relay.connections(), before, 'it is not asked again')
    t.same((await port.read([query('echo', 'on')], ROOT)).map(stdout), ['on\n'])
    await port.run({ ...runs('pkill', '-f', `^sleep ${seconds}`), okExitCodes: 'any' }, ROOT)
  })

  t.test('a failing connection fails everyone who waits for it, and is tried again by the next', async (t) => {
    const port = open({ port: 1 })
    const told = await Promise.all([refused(port.read([query('id')], ME)), refused(port.run(runs('id'), ROOT)), refused(port.read([query('id')], ROOT))])
    t.match(told, [{ code: 'UNREACHABLE' }, { code: 'UNREACHABLE' }, { code: 'UNREACHABLE' }])
    t.match(await refused(port.run(runs('id'), ME)), { code: 'UNREACHABLE' })
  })
})
