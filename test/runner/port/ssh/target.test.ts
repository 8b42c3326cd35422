import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DiagnosticError } from '../../../../runner/diagnostic/diagnostic.ts'
import type { ConnectionSettings } from '../../../../runner/port/port.ts'
import type { Place } from '../../../../runner/port/ssh/place.ts'
import { resolveTarget, type Target } from '../../../../runner/port/ssh/target.ts'
import { scratch } from '../support/folder.ts'

const folder = scratch((end) => t.teardown(end))
let places = 0

/** A controller with these files; names are relative to its `.ssh`, `/etc/ssh` is `../etc`. */
function placeWith(files: Readonly<Record<string, string>> = {}, environment: Record<string, string> = {}): Place {
  const home = join(folder, `home${places++}`)
  for (const [name, text] of Object.entries(files)) {
    const path = join(home, '.ssh', name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
  }
  return {
    home,
    userName: 'me',
    localHostName: 'box.example',
    environment,
    systemConfigFile: join(home, 'etc/ssh_config'),
    systemKnownHostsFiles: ['/etc/known'],
  }
}

function settings(more: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return {
    connection: 'ssh',
    hostName: 'web1',
    address: 'web1',
    port: undefined,
    user: undefined,
    privateKeyFiles: [],
    password: undefined,
    connectTimeoutMs: 10_000,
    sshArguments: [],
    hostKeyChecking: 'strict',
    ...more,
  }
}

const resolved = (config: string, more: Partial<ConnectionSettings> = {}, environment: Record<string, string> = {}): Target =>
  resolveTarget(settings(more), placeWith({ config }, environment))

function problem(call: () => unknown) {
  try {
    call()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.first
    throw error
  }
  throw new Error('it was not refused')
}

t.test('without any file', async (t) => {
  const place = placeWith()
  const dotSsh = join(place.home, '.ssh')
  t.same(resolveTarget(settings(), place), {
    described: 'web1',
    address: 'web1',
    port: 22,
    user: 'me',
    addressFamily: undefined,
    identityFiles: ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => join(dotSsh, name)),
    identityFilesGiven: false,
    identitiesOnly: false,
    agent: undefined,
    forwardAgent: false,
    password: undefined,
    allows: { publicKey: true, password: true, keyboardInteractive: true },
    proxy: { kind: 'none' },
    hostKey: {
      filedAs: { name: 'web1', port: 22 },
      checking: 'strict',
      userFiles: [join(dotSsh, 'known_hosts'), join(dotSsh, 'known_hosts2')],
      systemFiles: ['/etc/known'],
      hashed: false,
    },
    keepAlive: { intervalMs: 15_000, countMax: 3 },
    connectTimeoutMs: 10_000,
  })
})

t.test('the inventory, then the arguments, then the files', async (t) => {
  const config = 'Host web1\n  User fromfile\n  Port 1001\n  IdentityFile ~/.ssh/fromfile\n'
  t.match(resolved(config), { user: 'fromfile', port: 1001 })
  t.match(resolved(config, { sshArguments: ['-l', 'fromargs', '-p1002'] }), { user: 'fromargs', port: 1002 })
  const all = resolved(config, {
    sshArguments: ['-lfromargs', '-p', '1002', '-i', '/args', '-o', 'IdentityFile=/args2'],
    user: 'inventory',
    port: 1003,
    privateKeyFiles: ['~/inventory'],
  })
  t.match(all, { user: 'inventory', port: 1003, identityFilesGiven: true })
  t.same(
    all.identityFiles.map((file) => file.replace(/^.*\/home\d+/, '~')),
    ['~/inventory', '/args', '/args2', '~/.ssh/fromfile'],
    'identity files add up',
  )
})

t.test('Host sections', async (t) => {
  const config = `
Port 1
Host *.example.com !bad.example.com
  Port 2
  User example
Host bad.example.com "quoted name"
  Port 3
Host=equals
  User=equal
host lower
  user lower
Host *
  User everyone
`
  const table: [string, number, string][] = [
    ['a.example.com', 1, 'example'],
    ['bad.example.com', 1, 'everyone'],
    ['equals', 1, 'equal'],
    ['LOWER', 1, 'lower'],
    ['other', 1, 'everyone'],
  ]
  for (const [address, port, user] of table) t.match(resolved(config, { address }), { port, user }, address)
})

t.test('the host that is asked for is the address, not the name in the inventory', async (t) => {
  t.equal(resolved('Host web1\n  Port 7\n', { address: '10.0.0.1' }).port, 22)
  t.equal(resolved('Host 10.0.0.1\n  Port 7\n', { address: '10.0.0.1' }).port, 7)
})

t.test('HostName, aliases, and what keys are filed under', async (t) => {
  t.match(resolved('Host web1\n HostName %h.example.com\n Port 2222\n'), {
    address: 'web1.example.com',
    hostKey: { filedAs: { name: 'web1.example.com', port: 2222 } },
  })
  t.match(resolved('Host web1\n HostKeyAlias alias\n Port 2222\n'), { address: 'web1', hostKey: { filedAs: { name: 'alias', port: 22 } } })
})

t.test('Match', async (t) => {
  const config = `
Match originalhost web1 user me
  Port 1
Match !originalhost web1
  Port 2
Match user "root,admin"
  Port 3
Host web1
  HostName real.example
Match host real.example
  IdentityFile /real
Match final host real.example
  IdentityFile /final
Match localuser me
  ServerAliveInterval 5
Match all
  HashKnownHosts yes
Match canonical
  Port 9
`
  const found = resolved(config)
  t.match(found, { port: 1, keepAlive: { intervalMs: 5000 }, hostKey: { hashed: true } })
  t.same(found.identityFiles, ['/real', '/final'])
  t.equal(resolved(config, { address: 'other', user: 'root' }).port, 2)
  t.equal(resolved(config, { user: 'admin' }).port, 3)
  t.equal(resolved(config, { user: 'nobody' }).port, 22)
})

t.test('Match exec runs nothing: it is refused where it would be asked', async (t) => {
  const mark = join(folder, 'executed')
  const config = `Match originalhost web2 exec "touch ${mark}"\n  Port 1\n`
  t.equal(resolved(config).port, 22)
  t.match(
    problem(() => resolved(config, { address: 'web2' })),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: /^'Match exec' at .*\/config:1 is not supported$/ },
  )
  t.match(
    problem(() => resolved('\n\nMatch localnetwork 10.0.0.0/8\n Port 1\n')),
    { summary: /^'Match localnetwork' at .*\/config:3 is not supported$/ },
  )
})

t.test('Include', async (t) => {
  const place = placeWith({
    config: 'Include conf.d/*.conf missing\nHost web1\n  Include only-web1\nInclude "~/.ssh/last"\n',
    'conf.d/a.conf': 'Host web1\n  User a\n',
    'conf.d/b.conf': 'User b\nPort 5\n',
    'conf.d/.hidden.conf': 'Port 6\n',
    'conf.d/other': 'Port 7\n',
    'only-web1': 'ServerAliveCountMax 9\n',
    last: 'Host web1 \n ConnectTimeout 3\n HashKnownHosts yes\n',
  })
  t.match(resolveTarget(settings(), place), { user: 'a', port: 5, keepAlive: { countMax: 9 }, hostKey: { hashed: true } })
  t.match(resolveTarget(settings({ address: 'web2' }), place), { user: 'b', port: 5, keepAlive: { countMax: 3 }, hostKey: { hashed: false } })
  const loop = placeWith({ config: 'Include config\n' })
  t.match(
    problem(() => resolveTarget(settings(), loop)),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: /^too many levels of Include at / },
  )
})

t.test('the file of -F stands alone, and the system file comes last', async (t) => {
  const place = placeWith({
    config: 'User user\n',
    other: 'User other\n',
    '../etc/ssh_config': 'User system\nPort 99\nInclude part\n',
    '../etc/part': 'HashKnownHosts yes\n',
  })
  t.match(resolveTarget(settings(), place), { user: 'user', port: 99, hostKey: { hashed: true } })
  t.match(resolveTarget(settings({ sshArguments: ['-F', '~/.ssh/other'] }), place), { user: 'other', port: 22 })
  t.match(resolveTarget(settings({ sshArguments: ['-Fnone'] }), place), { user: 'me', port: 22 })
  t.match(
    problem(() => resolveTarget(settings({ sshArguments: ['-F', '/playline/none'] }), place)),
    { code: 'FILE_NOT_FOUND', summary: 'cannot read the SSH configuration /playline/none' },
  )
})

t.test('paths and tokens', async (t) => {
  const target = resolved(
    'Host web1\n HostName real\n User root\n IdentityFile ~/.ssh/%h_%n_%p_%r_%u_%L_%%\n IdentityFile "%d/with space"\n IdentityFile ${KEYS}/k\n UserKnownHostsFile ~/a "%d/b c" none\n GlobalKnownHostsFile none\n',
    {},
    { KEYS: '/keys' },
  )
  const short = (paths: readonly string[]) => paths.map((path) => path.replace(/^.*\/home\d+/, '~'))
  t.same(short(target.identityFiles), ['~/.ssh/real_web1_22_root_me_box_%', '~/with space', '/keys/k'])
  t.same(short(target.hostKey.userFiles), ['~/a', '~/b c'])
  t.same(short(resolved('', { sshArguments: ['-o', 'UserKnownHostsFile=/x "~/y z"'] }).hostKey.userFiles), ['/x', '~/y z'])
  t.same(target.hostKey.systemFiles, [])
  t.match(
    problem(() => resolved('IdentityFile ~/%Z\n')),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: "'%Z' in the SSH option IdentityFile is not supported" },
  )
  t.match(
    problem(() => resolved('IdentityFile ${NOWHERE}/k\n')),
    { summary: "the SSH option IdentityFile wants the environment variable 'NOWHERE', which is not set" },
  )
  t.same(resolved('IdentityFile none\n').identityFiles, [])
})

t.test('the agent', async (t) => {
  const environment = { SSH_AUTH_SOCK: '/sock', OTHER: '/other' }
  const table: [string, string | undefined][] = [
    ['', '/sock'],
    ['IdentityAgent none', undefined],
    ['IdentityAgent SSH_AUTH_SOCK', '/sock'],
    ['IdentityAgent $OTHER', '/other'],
    ['IdentityAgent $NOWHERE', undefined],
    ['IdentityAgent "/path with space"', '/path with space'],
  ]
  for (const [config, agent] of table) t.equal(resolved(`${config}\n`, {}, environment).agent, agent, config)
})

t.test('host key checking', async (t) => {
  const table: [string, ConnectionSettings['hostKeyChecking'], string][] = [
    ['', 'strict', 'strict'],
    ['yes', 'strict', 'strict'],
    ['ask', 'strict', 'strict'],
    ['accept-new', 'strict', 'accept-new'],
    ['no', 'strict', 'off'],
    ['off', 'strict', 'off'],
    ['yes', 'accept-new', 'accept-new'],
    ['yes', 'off', 'off'],
  ]
  for (const [value, hostKeyChecking, expected] of table) {
    t.equal(resolved(value === '' ? '' : `StrictHostKeyChecking ${value}\n`, { hostKeyChecking }).hostKey.checking, expected, `${value} and ${hostKeyChecking}`)
  }
  t.match(
    problem(() => resolved('StrictHostKeyChecking maybe\n')),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: "'maybe' is no value for the SSH option StrictHostKeyChecking" },
  )
})

t.test('ProxyCommand is taken as it stands', async (t) => {
  const command = (config: string, more = {}) => {
    const { proxy } = resolved(config, more)
    return proxy.kind === 'command' ? proxy.command : proxy.kind
  }
  t.equal(
    command(`  ProxyCommand   sh -c 'exec nc "$1"  %h  # not a comment' x=%p \${A:-b} 100%% %r \n`),
    `sh -c 'exec nc "$1"  web1  # not a comment' x=22 \${A:-b} 100% me`,
  )
  t.equal(command('ProxyCommand=nc %h %p\n'), 'nc web1 22')
  t.equal(command('Host *\n ProxyCommand none\nHost web1\n ProxyCommand nc\n'), 'none')
  t.equal(command('ProxyCommand nc %h\n', { sshArguments: ['-o', 'ProxyCommand=none'] }), 'none')
  t.equal(command('', { sshArguments: ['-oProxyCommand=nc -X 5 %h %p'] }), 'nc -X 5 web1 22')
  t.equal(command('Host web1\n ProxyCommand nc\n ProxyJump a\n'), 'nc', 'the first of the two shuts the other out')
  t.equal(command('Host web1\n ProxyJump a\n ProxyCommand nc\n'), 'jump')
  t.equal(command('ProxyJump none\nProxyCommand nc\n'), 'none')
})

t.test('ProxyJump', async (t) => {
  const config =
    'Host jump1\n  User one\n  IdentityFile /one\n  ProxyCommand nc %h\nHost jump2\n  HostName 10.0.0.2\n  ProxyCommand nc\nHost web1\n  ProxyJump jump1,two@jump2:2200\n'
  const { proxy } = resolved(config, { privateKeyFiles: ['/mine'], user: 'root' })
  t.match(proxy, {
    kind: 'jump',
    hops: [
      { described: 'web1 (through jump1)', address: 'jump1', user: 'one', port: 22, identityFiles: ['/one'], proxy: { kind: 'command', command: 'nc jump1' } },
      { address: '10.0.0.2', user: 'two', port: 2200, proxy: { kind: 'none' } },
    ],
  })
  for (const [spec, expected] of [
    ['host', { address: 'host', port: 22, user: 'me' }],
    ['u@host:7', { address: 'host', port: 7, user: 'u' }],
    ['ssh://u@host:7', { address: 'host', port: 7, user: 'u' }],
    ['ssh://host', { address: 'host', port: 22 }],
    ['[fd00::1]:7', { address: 'fd00::1', port: 7 }],
    ['user@corp@host', { address: 'host', user: 'user@corp' }],
  ] as const) {
    t.match((resolved('', { sshArguments: ['-J', spec] }).proxy as unknown as { hops: Target[] }).hops[0], expected, spec)
  }
  t.match(
    problem(() => resolved('', { sshArguments: ['-J', 'a:b:x'] })),
    { code: 'UNSUPPORTED_SSH_OPTION' },
  )
  t.match(
    problem(() => resolved('Host *\n ProxyJump loop\n')),
    { code: 'LIMIT_EXCEEDED', hint: 'Does a ProxyJump lead back to its own host?' },
  )
})

t.test('what is not understood is refused by name', async (t) => {
  const args = (...sshArguments: string[]) => problem(() => resolved('', { sshArguments }))
  t.match(args('-A'), { code: 'UNSUPPORTED_SSH_OPTION', summary: "'-A' in the SSH arguments is not supported", hint: 'There are -o, -F, -J, -i, -p, -l.' })
  t.match(args('host'), { summary: "'host' in the SSH arguments is not supported" })
  t.match(args('-p'), { summary: "'-p' in the SSH arguments needs a value" })
  t.match(args('-o', 'Port'), { summary: "'-o Port' in the SSH arguments is not of the form KEY=VALUE" })
  t.match(args('-o', 'ProxyComand=x'), { summary: "the SSH option 'ProxyComand' in the SSH arguments is not supported", hint: "Did you mean 'ProxyCommand'?" })
  t.match(args('-o', 'Ciphers=aes128-ctr'), { code: 'UNSUPPORTED_SSH_OPTION' })
  t.match(args('-p', '0'), { summary: "'0' is no value for the SSH option Port" })
  t.match(args('-p', '70000'), { summary: "'70000' is no value for the SSH option Port" })
  t.match(args('-o', 'IdentitiesOnly=perhaps'), { summary: "'perhaps' is no value for the SSH option IdentitiesOnly" })
  t.equal(resolved('', { sshArguments: ['-o', 'ControlMaster=auto', '-oControlPersist=60s', '-o', 'Port 7', '-o', 'user = "x y"'.replace(' y', '')] }).port, 7)
})

t.test('ansible_ssh_args stand before everything else', async (t) => {
  const first = (...leadingSshArguments: string[]) => resolved('', { port: 7, leadingSshArguments, sshArguments: ['-o', 'ForwardAgent=no'] })
  t.equal(first('-C', '-o', 'ControlMaster=auto').port, 7)
  t.match(first('-A6', '-p', '9'), { port: 9, forwardAgent: true, addressFamily: 6 })
  t.match(
    problem(() => first('-W', 'x')),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: "'-W' in the SSH arguments is not supported" },
  )
})

t.test('a file may hold what has no meaning here, but not what would be done wrongly', async (t) => {
  t.equal(resolved('Ciphers aes128-ctr\nSendEnv LANG LC_*\nUnheardOf x\nVisualHostKey yes\nCanonicalizeHostname no\n').port, 22)
  for (const line of [
    'CanonicalizeHostname yes',
    'KnownHostsCommand /bin/x',
    'RevokedHostKeys /x',
    'CertificateFile ~/x',
    'RemoteCommand x',
    'BindAddress 10.0.0.1',
    'ProxyUseFdpass yes',
  ]) {
    t.match(
      problem(() => resolved(`# first\n${line}\n`)),
      { code: 'UNSUPPORTED_SSH_OPTION', summary: new RegExp(`^${line.split(' ')[0]} at .*/config:2 is not supported$`) },
    )
    t.equal(resolved(`Host other\n${line}\n`).port, 22, 'for another host it does not matter')
  }
  t.match(
    problem(() => resolved('Host "unclosed\n')),
    { code: 'UNSUPPORTED_SSH_OPTION', summary: /^cannot make sense of .*\/config$/ },
  )
})

t.test('names that a shell would take apart are no names', async (t) => {
  for (const address of ['-oProxyCommand=x', 'a b', 'a;b', '$(id)', 'a`id`', "a'", 'a\nb'])
    t.match(
      problem(() => resolved('', { address })),
      { code: 'BAD_INVENTORY' },
      address,
    )
  for (const user of ['-l', 'a;b', 'a b'])
    t.match(
      problem(() => resolved('', { user })),
      { code: 'BAD_INVENTORY' },
      user,
    )
  t.equal(resolved('', { user: 'CORP\\user' }).user, 'CORP\\user')
  t.equal(resolved('', { address: 'fe80::1%eth0' }).address, 'fe80::1%eth0')
})
