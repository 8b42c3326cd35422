import { createHmac } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fingerprint, judge, keyType, knownKeys, orderedAlgorithms, remember, wildcard, type HostName } from '../../../../runner/port/ssh/known-hosts.ts'
import { scratch } from '../support/folder.ts'

const folder = scratch((end) => t.teardown(end))
const blob = (type: string, seed: string) => {
  const name = Buffer.from(type)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(name.length)
  return Buffer.concat([length, name, Buffer.from(seed)])
}
const ED = blob('ssh-ed25519', 'one')
const OTHER_ED = blob('ssh-ed25519', 'two')
const RSA = blob('ssh-rsa', 'rsa')
const line = (hosts: string, key: Buffer, marker = '') => `${marker}${hosts} ${keyType(key)} ${key.toString('base64')}\n`
const hashed = (name: string) =>
  `|1|${Buffer.from('salt salt salt salt!').toString('base64')}|${createHmac('sha1', 'salt salt salt salt!').update(name).digest('base64')}`

let files = 0
function fileOf(...lines: string[]): string {
  const path = join(folder, `known_hosts_${files++}`)
  writeFileSync(path, lines.join(''))
  return path
}
const at22 = (name: string): HostName => ({ name, port: 22 })
function verdict(host: HostName, key: Buffer, ...lines: string[]): string {
  const file = fileOf(...lines)
  return judge('web1', host, key, knownKeys(host, [file]), [file]).kind
}

t.test('which lines name a host', async (t) => {
  const at2222 = (name: string): HostName => ({ name, port: 2222 })
  const table: [HostName, string, boolean][] = [
    [at22('web1'), 'web1', true],
    [at22('WEB1'), 'web1', true],
    [at22('web1'), 'Web1', true],
    [at22('web1'), 'web2,web1', true],
    [at22('web1'), 'web', false],
    [at22('web1.example.com'), '*.example.com', true],
    [at22('web1.example.com'), 'web?.example.com', true],
    [at22('web10.example.com'), 'web?.example.com', false],
    [at22('web1xexample.com'), 'web1.example.com', false],
    [at22('web1.example.com'), '*.example.com,!web1.example.com', false],
    [at22('web1.example.com'), '!web1.example.com,*.example.com', false],
    [at22('web2.example.com'), '!web1.example.com,*.example.com', true],
    [at22('web1'), '!web2', false],
    [at22('web1'), '[web1]:2222', false],
    [at2222('web1'), '[web1]:2222', true],
    [at2222('web1'), '[web1]:2223', false],
    [at2222('web1'), '[*]:2222', true],
    [at2222('web1'), 'web1', true],
    [at22('::1'), '::1', true],
    [at2222('::1'), '[::1]:2222', true],
    [at22('web1'), hashed('web1'), true],
    [at22('web2'), hashed('web1'), false],
    [at2222('web1'), hashed('[web1]:2222'), true],
    [at22('web1'), hashed('web1').replace('|1|', '|2|'), false],
  ]
  for (const [host, hosts, expected] of table)
    t.equal(verdict(host, ED, line(hosts, ED)), expected ? 'known' : 'unknown', `${hosts} for ${host.name}:${host.port}`)
})

t.test('what a key means', async (t) => {
  const host = at22('web1')
  t.equal(verdict(host, ED), 'unknown')
  t.equal(
    verdict(host, ED, '# a comment\n', '\n', '  \n', 'web1\n', 'web1 ssh-ed25519\n', 'web1 ssh-ed25519 not-a-key\n', 'web1 1024 35 1234\n'),
    'unknown',
    'lines that are none',
  )
  t.equal(verdict(host, ED, line('web1', ED).replace('ssh-ed25519', 'ssh-rsa')), 'unknown', 'a line that contradicts its key')
  t.equal(verdict(host, ED, `  web1\t ssh-ed25519   ${ED.toString('base64')} a comment\n`), 'known', 'any white space')
  t.equal(verdict(host, OTHER_ED, line('web1', ED)), 'changed')
  t.equal(verdict(host, ED, line('web1', RSA)), 'changed', 'a key of another type is no known key')
  t.equal(verdict(host, ED, line('web1', RSA), line('web1', OTHER_ED), line('web1', ED)), 'known', 'one of several')
  t.equal(verdict(host, ED, line('web1', ED), line('web1', ED, '@revoked ')), 'revoked', 'even where another line trusts it')
  t.equal(verdict(host, ED, line('*', ED, '@revoked ')), 'revoked')
  t.equal(verdict(host, ED, line('web1', ED), line('web1', OTHER_ED, '@revoked ')), 'known', 'another key was revoked')
  t.equal(verdict(host, ED, line('web1', OTHER_ED, '@revoked ')), 'unknown')
  t.equal(verdict(host, ED, line('web1', ED, '@cert-authority ')), 'unknown', 'the key of an authority is no host key')
  t.equal(verdict(host, ED, line('web1', ED, '@unheard-of ')), 'unknown')
  t.equal(verdict({ name: 'web1', port: 2222 }, ED, line('web1', OTHER_ED)), 'unknown', 'the host without its port may be another one')
})

t.test('what is said of it', async (t) => {
  const host = { name: 'web1', port: 2222 }
  const file = fileOf('# first\n', line('[web1]:2222', ED))
  const none = fileOf(line('web1,[web1]:2222', RSA, '@cert-authority '))
  t.same(judge('web1', host, OTHER_ED, knownKeys(host, [none, file]), [none, file]), {
    kind: 'changed',
    problem: {
      code: 'HOST_KEY_CHANGED',
      severity: 'error',
      summary: 'web1: the host key is not the one that is known',
      detail: `The host showed its ssh-ed25519 key ${fingerprint(OTHER_ED)}; ${file}:2 has the ssh-ed25519 key ${fingerprint(ED)}. Either the host was set up anew, or someone is in between.`,
      hint: `Where the host was set up anew: ssh-keygen -f ${file} -R '[web1]:2222'`,
    },
  })
  t.same(judge('web1', host, ED, knownKeys(host, [none]), [none]), {
    kind: 'unknown',
    problem: {
      code: 'HOST_KEY_UNKNOWN',
      severity: 'error',
      summary: 'web1: the host key is not known',
      detail: `The host showed its ssh-ed25519 key ${fingerprint(ED)}; no line in ${none} names '[web1]:2222'. (${none}:1 trusts a certificate authority; host certificates are not supported.)`,
      hint: `Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then: ssh-keyscan -t ed25519 -p 2222 web1 >> ${none}`,
    },
  })
})

t.test('the algorithms of known keys are offered first', async (t) => {
  const supported = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'ssh-rsa']
  const host = at22('web1')
  const order = (...lines: string[]) => orderedAlgorithms(knownKeys(host, [fileOf(...lines)]), supported)
  t.same(order(), supported)
  t.same(order(line('web1', RSA)), ['rsa-sha2-512', 'ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256'])
  t.same(order(line('web1', RSA, '@revoked ')), supported)
  t.same(order(line('web2', RSA)), supported)
})

t.test('a new key is appended, and is known then', async (t) => {
  const path = join(folder, 'new/.ssh/known_hosts')
  const host = { name: 'Web1', port: 2222 }
  remember(host, ED, path, false)
  t.equal(readFileSync(path, 'utf8'), line('[web1]:2222', ED))
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(folder, 'new/.ssh')).mode & 0o777, 0o700)
  appendFileSync(path, 'web9 ssh-rsa no-newline')
  remember(at22('web2'), RSA, path, true)
  const [, second, third] = readFileSync(path, 'utf8').split('\n')
  t.equal(second, 'web9 ssh-rsa no-newline')
  t.match(third, /^\|1\|[^|]+\|\S+ ssh-rsa /)
  for (const [known, key] of [
    [host, ED],
    [at22('web2'), RSA],
  ] as const)
    t.equal(judge('x', known, key, knownKeys(known, [path]), [path]).kind, 'known')
  mkdirSync(join(folder, 'directory'))
  t.throws(() => remember(host, ED, join(folder, 'directory'), false), { diagnostics: [{ code: 'FILE_UNREADABLE' }] } as never)
})

t.test('files that are not there hold nothing; others have to be readable', async (t) => {
  t.same(knownKeys(at22('web1'), [join(folder, 'absent'), join(folder, 'absent/below')]), [])
  t.notOk(existsSync(join(folder, 'absent')))
  t.throws(() => knownKeys(at22('web1'), [folder]), { diagnostics: [{ code: 'FILE_UNREADABLE' }] } as never)
})

t.test('patterns are not regular expressions', async (t) => {
  t.ok(wildcard('a.b').test('a.b'))
  t.notOk(wildcard('a.b').test('axb'))
  t.ok(wildcard('[a]+(b)').test('[a]+(b)'))
  t.notOk(wildcard('?').test(''))
  t.ok(wildcard('****').test(''))
})
