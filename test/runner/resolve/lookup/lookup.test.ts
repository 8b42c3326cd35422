/** What the recorded lookups do not show: faults, what is pending, what is fetched over the network. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { Pending, settled } from '../../../../runner/resolve/pending.ts'
import { LOOKUP_NAMES, lookupName } from '../../../../runner/resolve/lookup/index.ts'
import { encryptVault } from '../../../../runner/value/vault-format.ts'
import { repr } from '../../../../runner/value/print.ts'
import type { Dict } from '../../../../runner/value/value.ts'
import { type Value } from '../../../../runner/value/value.ts'
import { fromPlain } from '../../../../runner/value/convert.ts'
import { Vault } from '../../../../runner/load/vault/vault.ts'
import { faultsOf } from '../../../support/faults.ts'
import { templateOf } from '../jinja/helper.ts'
import { lookupWorld, type LookupWorld } from './support.ts'

const PLAYBOOK = '- hosts: all\n  tasks: [{debug: }]\n'

function world(t: { testdir(files: never): string }, files: object = {}, variables: object = {}, more: Parameters<typeof lookupWorld>[2] = {}): LookupWorld {
  return lookupWorld(t.testdir({ 'p.yml': PLAYBOOK, ...files } as never), fromPlain(variables) as Dict, more)
}

/** Evaluates as a task does at its turn, fetching what is pending. */
function look(given: LookupWorld, source: string): Promise<Value> {
  return settled(() => given.evaluate((evaluator) => evaluator.value(templateOf(`{{ ${source} }}`))))
}

async function faults(given: LookupWorld, source: string): Promise<string[]> {
  try {
    await look(given, source)
  } catch (error) {
    return faultsOf(() => {
      throw error
    })
  }
  return []
}

t.test('names', async (t) => {
  t.equal(lookupName('file'), 'file')
  t.equal(lookupName('ansible.builtin.file'), 'file')
  t.equal(lookupName('community.general.flattened'), 'flattened')
  for (const name of ['community.general.file', 'fille', 'toString', 'ansible.builtin.flattened', '__proto__']) t.equal(lookupName(name), undefined, name)
})

t.test('what is refused', async (t) => {
  const given = world(t, {}, { one: 1 })
  t.strictSame(await faults(given, "lookup('fille', 'x')"), ["UNKNOWN_LOOKUP play.yml:1:4 there is no lookup 'fille' | Did you mean 'file'?"])
  t.strictSame(await faults(given, "lookup('toString', 'x')"), [
    `UNKNOWN_LOOKUP play.yml:1:4 there is no lookup 'toString' | There are: ${LOOKUP_NAMES.join(', ')}.`,
  ])
  t.strictSame(await faults(given, "lookup('vars', 'onne')"), ["UNDEFINED_VARIABLE play.yml:1:4 No variable found with this name: onne | Did you mean 'one'?"])
  t.strictSame(await faults(given, "lookup('file', 'none')"), ['LOOKUP_FAILED play.yml:1:4 could not locate file in lookup: none'])
  t.strictSame(await faults(given, "lookup('pipe', 'exit 3')"), ['LOOKUP_FAILED play.yml:1:4 lookup_plugin.pipe(exit 3) returned 3'])
})

t.test('a failure that is only warned of', async (t) => {
  const given = world(t)
  t.equal(await look(given, "query('file', 'none', errors='warn') | length"), '0')
  t.match(given.warnings, [{ severity: 'warning', summary: 'could not locate file in lookup: none' }])
  t.strictSame(await faults(given, "lookup('file', 'none', errors='what')"), [
    "TEMPLATE_FAILED play.yml:1:4 errors of a lookup must be 'strict', 'warn' or 'ignore', not what",
  ])
})

t.test('nothing runs, and nothing is missing, before the turn of the task', async (t) => {
  const given = world(t)
  const kept = path.join(given.context.folder, 'kept')
  for (const source of [`lookup('pipe', 'touch ${kept}')`, `lookup('password', 'kept')`, "lookup('file', 'none')", "query('fileglob', 'none*')"])
    t.throws(() => given.evaluate((evaluator) => evaluator.value(templateOf(`{{ ${source} }}`))), Pending, source)
  t.equal(statSync(kept, { throwIfNoEntry: false }), undefined)
})

t.test('a program runs once for an evaluation that has to begin again', async (t) => {
  const given = world(t)
  const source = "lookup('pipe', 'echo x >> ran; wc -l < ran') ~ lookup('pipe', 'echo second')"
  t.equal(await look(given, source), '1second')
})

t.test('a password is kept with its salt, for its owner alone', async (t) => {
  const given = world(t)
  const hashed = await look(given, "lookup('password', 'deep/pw', length=6, chars=['digits'], encrypt='md5_crypt')")
  const file = path.join(given.context.folder, 'deep', 'pw')
  t.match(readFileSync(file, 'utf8'), /^\d{6} salt=[./0-9A-Za-z]{8}\n$/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(path.dirname(file)).mode & 0o777, 0o700)
  t.equal(await look(given, "lookup('password', 'deep/pw', encrypt='md5_crypt')"), hashed)
})

t.test('a file that is encrypted', async (t) => {
  const vault = new Vault([{ id: 'default', password: Buffer.from('x') }])
  const given = world(t, { secret: encryptVault('plain\n', 'x') }, {}, { vault })
  t.equal(await look(given, "lookup('unvault', 'secret')"), 'plain\n')
  t.equal(await look(given, "lookup('file', 'secret')"), 'plain')
})

t.test('settings', async (t) => {
  const given = world(t, {}, {}, { settings: new Map([['DEFAULT_FORKS', 9]]) })
  t.equal(repr(await look(given, "query('config', 'DEFAULT_FORKS', 'DEFAULT_BECOME_METHOD', 'DEFAULT_REMOTE_USER')")), "[9, 'sudo', None]")
})

t.test('url', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/text' }).end()
    else if (request.url === '/text') response.end('one\ntwo\r\n')
    else if (request.url === '/user')
      response.end(`${request.headers.authorization ?? ''} ${String(request.headers['x-own'])} ${request.headers['user-agent'] ?? ''}`)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const given = world(t, {}, { at })
  t.equal(repr(await look(given, "query('url', at ~ '/text')")), "['one', 'two']")
  t.equal(await look(given, "lookup('url', at ~ '/moved')"), 'one,two')
  t.equal(await look(given, "lookup('url', at ~ '/text', split_lines=false)"), 'one\ntwo\r\n')
  t.equal(await look(given, "lookup('url', at ~ '/user', username='u', password='p', headers={'X-Own': 'h'})"), 'Basic dTpw h ansible-httpget')
  t.strictSame(await faults(given, "lookup('url', at ~ '/none')"), [
    `LOOKUP_FAILED play.yml:1:4 Received HTTP error for ${at}/none : HTTP Error 404: Not Found`,
  ])
  t.match(await faults(given, "lookup('url', 'http://127.0.0.1:1/')"), [/^LOOKUP_FAILED .* Failed lookup url for http:\/\/127\.0\.0\.1:1\/ : <urlopen error /])
  t.match(await faults(given, "lookup('url', 'file:///etc/passwd')"), [/only http and https are supported/])
})
