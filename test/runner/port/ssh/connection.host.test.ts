/** Logging in at a real sshd: keys, agent, password, and the host's key. */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { createHmac } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ConnectionSettings } from '../../../../runner/port/port.ts'
import { openPort } from '../../../../runner/port/open.ts'
import type { Place } from '../../../../runner/port/ssh/place.ts'
import { eventually, processesWith, uniqueSeconds } from '../support/processes.ts'
import { refused } from '../support/refused.ts'
import { BOB_PASSWORD, keygen, missing, startSshd } from '../support/sshd.ts'

t.setTimeout(180_000)

/** What `nc %h %p` does, with what is surely here. */
const NETCAT = `${process.execPath} -e 'const s=require("net").connect(+process.argv[2],process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)'`

t.test('logging in', { skip: missing() }, async (t) => {
  const sshd = await startSshd()
  t.teardown(() => sshd.stop())
  sshd.trust()
  const keys = mkdtempSync(join(tmpdir(), 'playline-keys-'))
  t.teardown(() => rmSync(keys, { recursive: true, force: true }))

  /** Who one is after logging in. */
  async function whoami(more: Partial<ConnectionSettings> = {}, place: Place = sshd.place): Promise<string> {
    const port = openPort(sshd.settings(more), place)
    try {
      return (await port.run({ kind: 'run', argv: ['id', '-un'] }, { become: undefined })).stdout.trim()
    } finally {
      await port.close()
    }
  }
  const accept = (path: string) => writeFileSync(join(sshd.folder, 'server/authorized_keys'), readFileSync(`${path}.pub`), { flag: 'a' })
  const withAgent = (socket: string): Place => ({ ...sshd.place, environment: { ...sshd.place.environment, SSH_AUTH_SOCK: socket } })

  t.test('with a key of any type', async (t) => {
    t.equal(await whoami(), 'alice')
    for (const type of ['rsa', 'ecdsa', 'ed25519']) {
      const key = join(keys, type)
      keygen(type, key)
      accept(key)
      t.equal(await whoami({ privateKeyFiles: [key] }), 'alice', type)
    }
    t.equal(await whoami({ user: 'bob' }), 'bob')
  })

  t.test('with a key that OpenSSH tries by default, and one from the configuration', async (t) => {
    sshd.inSsh('id_ed25519', readFileSync(sshd.key, 'utf8'))
    t.equal(await whoami({ privateKeyFiles: [] }), 'alice')
    rmSync(join(sshd.place.home, '.ssh/id_ed25519'))
    sshd.inSsh('config', `Host somewhere\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User bob\n  IdentityFile ${sshd.key}\n`)
    t.equal(await whoami({ address: 'somewhere', port: undefined, user: undefined, privateKeyFiles: [] }), 'bob')
    rmSync(join(sshd.place.home, '.ssh/config'))
  })

  t.test('with the password', async (t) => {
    t.equal(await whoami({ user: 'bob', privateKeyFiles: [], password: BOB_PASSWORD }), 'bob')
    t.match(await refused(whoami({ user: 'bob', privateKeyFiles: [], password: 'wrong' })), {
      code: 'AUTHENTICATION_FAILED',
      summary: `web1: cannot log in as 'bob' at 127.0.0.1:${sshd.port}`,
      detail: /^Tried:\n {2}the password$/m,
    })
    t.match(
      await refused(
        whoami({
          user: 'bob',
          privateKeyFiles: [],
          password: BOB_PASSWORD,
          sshArguments: ['-o', 'PasswordAuthentication=no', '-o', 'KbdInteractiveAuthentication=no'],
        }),
      ),
      {
        detail: 'There was nothing to try: no key, no agent, no password.',
      },
    )
  })

  t.test('what was tried is told', async (t) => {
    const stranger = join(keys, 'stranger')
    keygen('ed25519', stranger)
    writeFileSync(join(keys, 'garbage'), 'no key')
    const told = await refused(whoami({ privateKeyFiles: [join(keys, 'absent'), join(keys, 'garbage'), stranger], password: 'x' }))
    t.match(told, {
      code: 'AUTHENTICATION_FAILED',
      hint: 'Give a key with --private-key or ansible_ssh_private_key_file, or load one into the agent with ssh-add.',
    })
    t.match(told.detail, `key ${join(keys, 'absent')}: no such file`)
    t.match(told.detail, `key ${join(keys, 'garbage')}: `)
    t.match(told.detail, `key ${stranger} (ssh-ed25519)`)
    t.match(told.detail, '  the password\n')
    t.notMatch(told.detail, 'nothing to try')
    t.match(await refused(whoami({ user: 'nobody-here' })), { code: 'AUTHENTICATION_FAILED' })
  })

  t.test('a key with a passphrase is used through the agent', async (t) => {
    const locked = join(keys, 'locked')
    keygen('ed25519', locked, 'secret phrase')
    accept(locked)
    t.match(await refused(whoami({ privateKeyFiles: [locked] })), {
      code: 'AUTHENTICATION_FAILED',
      detail: `Tried:\n  key ${locked}: it has a passphrase`,
      hint: `Keys with a passphrase are used through an agent: ssh-add ${locked}`,
    })
    const agent = await startAgent(keys)
    t.teardown(() => agent.stop())
    t.match(await refused(whoami({ privateKeyFiles: [locked] }, withAgent(agent.socket))), { code: 'AUTHENTICATION_FAILED' }, 'the agent does not hold it yet')
    agent.add(locked, 'secret phrase')
    t.equal(await whoami({ privateKeyFiles: [locked] }, withAgent(agent.socket)), 'alice')
    t.equal(await whoami({ privateKeyFiles: [] }, withAgent(agent.socket)), 'alice', 'without naming it')
    t.equal(
      await whoami({ privateKeyFiles: [`${locked}.pub`], sshArguments: ['-o', 'IdentitiesOnly=yes'] }, withAgent(agent.socket)),
      'alice',
      'by its public key',
    )
    const stranger = join(keys, 'stranger')
    t.match(
      await refused(whoami({ privateKeyFiles: [stranger], sshArguments: ['-o', 'IdentitiesOnly=yes'] }, withAgent(agent.socket))),
      { detail: `Tried:\n  key ${stranger} (ssh-ed25519)` },
      'only the keys that are named',
    )
    t.match(await refused(whoami({ privateKeyFiles: [], sshArguments: ['-o', 'IdentityAgent=none'] }, withAgent(agent.socket))), {
      detail: 'There was nothing to try: no key, no agent, no password.',
    })
    const told = await refused(whoami({ privateKeyFiles: [] }, withAgent(join(keys, 'no-socket'))))
    t.match(told, { code: 'AUTHENTICATION_FAILED', detail: /the agent: Failed to connect to agent/ })
    t.equal(await whoami({}, withAgent(join(keys, 'no-socket'))), 'alice', 'an agent that is gone does no harm')
  })
})

t.test("the host's key", { skip: missing() }, async (t) => {
  const sshd = await startSshd()
  t.teardown(() => sshd.stop())
  const name = `[127.0.0.1]:${sshd.port}`
  const { ed25519, rsa, ecdsa } = sshd.hostKeys as { ed25519: string; rsa: string; ecdsa: string }
  const other = join(sshd.folder, 'other')
  keygen('ed25519', other)
  const otherKey = readFileSync(`${other}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')

  async function connect(knownHosts: string, more: Partial<ConnectionSettings> = {}): Promise<string> {
    sshd.inSsh('known_hosts', knownHosts)
    const port = openPort(sshd.settings(more), sshd.place)
    try {
      return (await port.run({ kind: 'run', argv: ['echo', 'in'] }, { become: undefined })).stdout
    } finally {
      await port.close()
    }
  }

  t.test('is accepted where it is known', async (t) => {
    const salt = Buffer.from('a salt')
    const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
    for (const [what, line] of [
      ['plain', `${name} ${ed25519}`],
      ['hashed', `${hashed} ${ed25519}`],
      ['only the RSA key is known', `${name} ${rsa}`],
      ['only the ECDSA key is known', `${name} ${ecdsa}`],
      ['a pattern', `[127.0.*]:* ${ed25519}`],
      ['without the port', `127.0.0.1 ${ed25519}`],
      ['among others', `${name} ${otherKey}\n${name} ${ed25519}`],
    ] as const) {
      t.equal(await connect(`${line}\n`), 'in\n', what)
    }
    t.equal(await connect(`alias ${ed25519}\n`, { sshArguments: ['-o', 'HostKeyAlias=alias'] }), 'in\n')
    writeFileSync(join(sshd.folder, 'elsewhere'), `${name} ${ed25519}\n`)
    t.equal(await connect('', { sshArguments: ['-o', `UserKnownHostsFile=${sshd.folder}/elsewhere`] }), 'in\n')
    t.equal(await connect('', { sshArguments: ['-o', `GlobalKnownHostsFile=${sshd.folder}/elsewhere`] }), 'in\n')
  })

  t.test('is refused where it is not known, has changed, or is revoked', async (t) => {
    const file = join(sshd.place.home, '.ssh/known_hosts')
    const real = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'server/host_ed25519.pub')], { encoding: 'utf8' }).split(' ')[1]!
    t.match(await refused(connect('')), {
      code: 'HOST_KEY_UNKNOWN',
      detail: `The host showed its ssh-ed25519 key ${real}; no line in ${file} names '${name}'.`,
      hint: `Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then: ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >> ${file}`,
    })
    const told = await refused(connect(`# one\n\n${name} ${otherKey}\n`))
    t.match(told, { code: 'HOST_KEY_CHANGED', hint: `Where the host was set up anew: ssh-keygen -f ${file} -R '${name}'` })
    t.match(told.detail, `${file}:3 has the ssh-ed25519 key SHA256:`)
    t.match(await refused(connect(`${name} ${ed25519}\n@revoked * ${ed25519}\n`)), { code: 'HOST_KEY_REVOKED' })
    t.match(await refused(connect(`@revoked * ${ed25519}\n`, { hostKeyChecking: 'off' })), { code: 'HOST_KEY_REVOKED' }, 'also where nothing is checked')
    t.match(await refused(connect(`@cert-authority * ${ed25519}\n`)), { code: 'HOST_KEY_UNKNOWN' })
    t.match(await refused(connect(`${name} ${otherKey}\n`, { hostKeyChecking: 'accept-new' })), { code: 'HOST_KEY_CHANGED' })
  })

  t.test('is written down where that was asked for', async (t) => {
    const file = join(sshd.place.home, '.ssh/known_hosts')
    t.equal(await connect('', { hostKeyChecking: 'accept-new' }), 'in\n')
    t.equal(readFileSync(file, 'utf8'), `${name} ${ed25519}\n`)
    t.equal(await connect(readFileSync(file, 'utf8')), 'in\n', 'and is known then')
    t.equal(await connect('', { sshArguments: ['-o', 'StrictHostKeyChecking=accept-new', '-o', 'HashKnownHosts=yes'] }), 'in\n')
    t.match(readFileSync(file, 'utf8'), /^\|1\|\S+ ssh-ed25519 \S+\n$/)
    t.equal(await connect(readFileSync(file, 'utf8')), 'in\n')
    execFileSync('ssh-keygen', ['-F', name, '-f', file], { stdio: 'pipe' })
  })

  t.test('does not matter where nothing is to be checked; but then no password is told to a changed host', async (t) => {
    t.equal(await connect('', { hostKeyChecking: 'off' }), 'in\n')
    t.equal(readFileSync(join(sshd.place.home, '.ssh/known_hosts'), 'utf8'), '', 'and nothing is written')
    t.equal(await connect(`${name} ${otherKey}\n`, { hostKeyChecking: 'off' }), 'in\n')
    const byPassword = { user: 'bob', privateKeyFiles: [], password: BOB_PASSWORD, hostKeyChecking: 'off' } as const
    t.equal(await connect('', byPassword), 'in\n')
    t.match(await refused(connect(`${name} ${otherKey}\n`, byPassword)), { code: 'AUTHENTICATION_FAILED', detail: /the password was withheld/ })
  })
})

t.test('a host that cannot be reached', { skip: missing() }, async (t) => {
  const sshd = await startSshd({ hostKeyTypes: ['ed25519'] })
  t.teardown(() => sshd.stop())
  sshd.trust()
  async function connect(more: Partial<ConnectionSettings>): Promise<string> {
    const port = openPort(sshd.settings(more), sshd.place)
    try {
      return (await port.run({ kind: 'run', argv: ['echo', 'in'] }, { become: undefined })).stdout
    } finally {
      await port.close()
    }
  }

  t.test('says why, in the words of the system', async (t) => {
    t.match(await refused(connect({ port: 1 })), { code: 'UNREACHABLE', summary: 'web1: cannot reach 127.0.0.1:1', detail: /ECONNREFUSED/ })
    t.match(await refused(connect({ address: 'playline.invalid' })), {
      code: 'UNREACHABLE',
      summary: `web1: cannot reach playline.invalid:${sshd.port}`,
      detail: /playline\.invalid/,
    })
  })

  t.test('that does not answer, answers something else, or hangs up', async (t) => {
    let greeting: string | undefined
    const server = createServer((socket) => {
      socket.on('error', () => {})
      if (greeting === '') socket.end()
      else if (greeting !== undefined) socket.write(greeting)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => void server.close())
    const { port } = server.address() as AddressInfo
    const before = Date.now()
    t.match(await refused(connect({ port, connectTimeoutMs: 300 })), {
      code: 'UNREACHABLE',
      detail: `no answer within 0.3 s, while logging in at 127.0.0.1:${port}`,
    })
    t.ok(Date.now() - before < 3000)
    greeting = ''
    t.match(await refused(connect({ port })), { code: 'UNREACHABLE', detail: 'the host closed the connection before the SSH handshake' })
    greeting = 'HTTP/1.1 400 Bad Request\r\n\r\n'
    t.match(await refused(connect({ port, connectTimeoutMs: 500 })), { code: 'UNREACHABLE' })
    greeting = 'SSH-2.0-nothing\r\ngarbage garbage garbage garbage garbage\r\n'
    t.match(await refused(connect({ port, connectTimeoutMs: 500 })), { code: 'UNREACHABLE' })
  })

  t.test('through a ProxyCommand', async (t) => {
    const through = (command: string, more: Partial<ConnectionSettings> = {}) => connect({ sshArguments: ['-o', `ProxyCommand=${command}`], ...more })
    t.equal(await through(`${NETCAT} %h %p`), 'in\n')
    t.equal(await through(`echo chatter >&2; ${NETCAT} "$(echo %h)" \${PORT:-${sshd.port}}`), 'in\n')
    t.match(await refused(through('echo "no way through" >&2; exit 4')), {
      code: 'UNREACHABLE',
      detail: 'the host closed the connection before the SSH handshake\nno way through\nexit code 4',
    })
    t.match(await refused(through('playline-no-such-program')), { code: 'UNREACHABLE', detail: /playline-no-such-program.*not found/ })
    const seconds = uniqueSeconds()
    t.match(await refused(through(`sleep ${seconds}; true`, { connectTimeoutMs: 300 })), { code: 'UNREACHABLE', detail: /no answer within 0\.3 s/ })
    t.ok(await eventually(() => processesWith(`sleep ${seconds}`).length === 0), 'the program is ended')
    const port = openPort(sshd.settings({ sshArguments: ['-o', `ProxyCommand=: ${seconds}; ${NETCAT} %h %p; true`] }), sshd.place)
    await port.run({ kind: 'run', argv: ['true'] }, { become: undefined })
    t.ok(processesWith(`: ${seconds}; `).length > 0)
    await port.close()
    t.ok(await eventually(() => processesWith(`: ${seconds}; `).length === 0), 'the program is ended when the port is closed')
  })

  t.test('through other hosts', async (t) => {
    const jump = await startSshd({ hostKeyTypes: ['ed25519'] })
    const closed = await startSshd({ hostKeyTypes: ['ed25519'], config: 'AllowTcpForwarding no' })
    t.teardown(async () => {
      await jump.stop()
      await closed.stop()
    })
    const line = (port: number, key: string) => `[127.0.0.1]:${port} ${key}\n`
    const known = line(sshd.port, sshd.hostKeys['ed25519']!) + line(jump.port, jump.hostKeys['ed25519']!) + line(closed.port, closed.hostKeys['ed25519']!)
    sshd.inSsh('known_hosts', known)
    copyFileSync(jump.key, join(sshd.folder, 'jumpkey'))
    sshd.inSsh(
      'config',
      `Host jump\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User bob\n  IdentityFile ${jump.key}\nHost closed\n  HostName 127.0.0.1\n  Port ${closed.port}\n  User bob\n  IdentityFile ${closed.key}\n`,
    )
    t.equal(await connect({ sshArguments: ['-J', 'jump'] }), 'in\n')
    t.match(jump.log(), /Accepted publickey for bob/)
    t.equal(await connect({ sshArguments: ['-J', `jump,carol@jump:${jump.port}`] }), 'in\n', 'two of them')
    t.match(jump.log(), /Accepted publickey for carol/)
    t.match(await refused(connect({ sshArguments: ['-J', 'closed'] })), {
      code: 'UNREACHABLE',
      summary: `web1: cannot reach 127.0.0.1:${sshd.port}`,
      detail: /the host on the way says: /,
    })
    t.match(await refused(connect({ port: 1, sshArguments: ['-J', 'jump'] })), {
      code: 'UNREACHABLE',
      summary: 'web1: cannot reach 127.0.0.1:1',
      detail: 'the host on the way says: Connection refused',
    })
    t.match(await refused(connect({ sshArguments: ['-J', 'alice@127.0.0.1:1'] })), {
      code: 'UNREACHABLE',
      summary: 'web1 (through 127.0.0.1): cannot reach 127.0.0.1:1',
    })
    t.match(await refused(connect({ sshArguments: ['-J', `carol@127.0.0.1:${jump.port}`] })), {
      code: 'AUTHENTICATION_FAILED',
      summary: `web1 (through 127.0.0.1): cannot log in as 'carol' at 127.0.0.1:${jump.port}`,
    })
    sshd.inSsh('known_hosts', line(sshd.port, sshd.hostKeys['ed25519']!))
    t.match(await refused(connect({ sshArguments: ['-J', 'jump'] })), { code: 'HOST_KEY_UNKNOWN', summary: 'web1 (through jump): the host key is not known' })
    sshd.inSsh('known_hosts', line(jump.port, jump.hostKeys['ed25519']!))
    t.match(await refused(connect({ sshArguments: ['-J', 'jump'] })), { code: 'HOST_KEY_UNKNOWN', summary: 'web1: the host key is not known' })
  })
})

async function startAgent(folder: string): Promise<{ socket: string; add(key: string, passphrase: string): void; stop(): void }> {
  const socket = join(folder, 'agent')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return {
    socket,
    add: (key, passphrase) => {
      const ask = join(folder, 'ask')
      writeFileSync(ask, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 })
      execFileSync('ssh-add', ['-q', key], {
        env: { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'none' },
        stdio: 'pipe',
      })
    },
    stop: () => void child.kill(),
  }
}
