/** `playline inventory` and `playline vault` against Ansible's own programs: the same output, and each reads what the other wrote. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parseInventoryCommand } from '../../runner/cli/inventory.ts'
import type { Environment } from '../../runner/cli/parse.ts'
import { vaultCommand } from '../../runner/cli/vault.ts'
import { Reader } from '../../runner/load/reader.ts'
import { renderGraph, renderHost, renderInventory } from '../../runner/report/inventory.ts'
import { InventoryView } from '../../runner/run/inventory-view.ts'
import { faultsOf } from '../support/faults.ts'
import { playline } from '../support/playline.ts'

// Ansible's YAML has anchors for a list or a mapping that several hosts share; here each stands once.
const GROUPS = `[web]
web[01:03] n=1 f=1.5 t=True s='x y'
solo l="['a', None]" d="{'k': [1, 2]}"
[db]
db-[a:c:2]:2222
[app:children]
web
db
[app:vars]
plain=a # b
[db:vars]
ansible_group_priority=5
`
const TREE = `all:
  hosts: {lone: {flag: no, octal: 0644, nul: null}}
  children:
    web: {hosts: {"web01": {n: 2}, "new[1:2]": }, vars: {v: w}}
    empty:
`
const SCRIPT = '#!/bin/sh\necho \'{"dyn": {"hosts": ["d1", "web01"], "vars": {"x": 1}}, "_meta": {"hostvars": {"d1": {"y": [true, null]}}}}\'\n'

t.test('playline inventory', async (t) => {
  const folder = t.testdir({
    hosts: GROUPS,
    'tree.yml': TREE,
    folder: {
      '1': GROUPS,
      '2.yml': TREE,
      group_vars: { all: { 'a.yml': 'all_var: 1\n' }, 'web.yml': 'web_var: "{{ x }}"\n' },
      host_vars: { 'web01.json': '{"hv": 1}' },
    },
    script: SCRIPT,
  })
  chmodSync(path.join(folder, 'script'), 0o755)
  const environment: Environment = { variables: {}, workingFolder: folder, ask: () => '' }
  for (const sources of [['hosts'], ['tree.yml'], ['hosts', 'tree.yml'], ['tree.yml', 'hosts'], ['folder'], ['script', 'hosts'], ['a,b:22,']])
    for (const action of [
      '--list',
      '--list --export',
      '--list --yaml',
      '--graph',
      '--graph --vars',
      '--graph --vars --export',
      '--host localhost',
      '--graph web',
      '--host web01',
      '--list -e x=1',
    ]) {
      if (sources[0] === 'a,b:22,' && action.includes('web')) continue
      const argv = [...sources.flatMap((source) => ['-i', source]), ...action.split(' ')]
      const theirs = execFileSync('ansible-inventory', argv, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      const { name, format, options, folder: beside, withVariables, action: what } = parseInventoryCommand(argv, () => undefined, environment)
      const view = new InventoryView(sources, new Reader(() => undefined, folder), options, beside)
      t.equal(
        what === 'list'
          ? renderInventory(view, format)
          : what === 'host'
            ? renderHost(view, name, format)
            : renderGraph(view, name, { variables: withVariables, export: format.export }),
        theirs,
        argv.join(' '),
      )
    }
})

t.test('playline vault', async (t) => {
  const folder = t.testdir({ one: 'first\n', two: 'second\n', plain: 'a: 1\n', other: 'b: "ü"\n', text: 'from stdin' })
  const at = (name: string): string => path.join(folder, name)
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  const ours = (words: string, more: { stdin?: string; ask?: (prompt: string) => string; editor?: string } = {}): string => {
    let written = ''
    const environment: Environment = { variables: { EDITOR: more.editor }, workingFolder: folder, ask: more.ask ?? (() => t.fail('asked') as never) }
    vaultCommand(words.split(' '), () => undefined, environment, {
      readStdin: () => Buffer.from(more.stdin ?? ''),
      write: (bytes) => void (written += bytes.toString()),
    })
    return written
  }
  const theirs = (words: string, input = ''): string =>
    execFileSync('ansible-vault', words.split(' '), { cwd: folder, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'ignore'] })

  await t.test('each reads what the other wrote', async (t) => {
    chmodSync(at('plain'), 0o640)
    ours('encrypt --vault-id prod@one plain other')
    t.match(read('plain'), /^\$ANSIBLE_VAULT;1\.2;AES256;prod\n/)
    t.equal(statSync(at('plain')).mode & 0o777, 0o600, 'what is secret is for its owner')
    t.equal(theirs('view --vault-id prod@one plain'), 'a: 1\n')
    theirs('rekey --vault-id prod@one --new-vault-id dev@two other')
    t.equal(ours('view --vault-id prod@one --vault-id dev@two other'), 'b: "ü"\n')
    symlinkSync('other', at('link'))
    chmodSync(at('other'), 0o640)
    ours('rekey --vault-id dev@two --new-vault-password-file one link')
    t.equal(readlinkSync(at('link')), 'other', 'what a link leads to')
    t.equal(statSync(at('other')).mode & 0o777, 0o640, 'the mode stays')
    t.match(read('other'), /^\$ANSIBLE_VAULT;1\.1;AES256\n/)
    theirs('decrypt --vault-password-file one other')
    t.equal(read('other'), 'b: "ü"\n')
    ours('decrypt --vault-password-file one plain --output out')
    t.equal(read('out'), 'a: 1\n')
    ours('decrypt --vault-password-file one plain')
    t.equal(read('plain'), 'a: 1\n')
    t.equal(theirs('decrypt --vault-password-file one', ours('encrypt --vault-password-file one', { stdin: 'piped' })), 'piped')
    t.equal(ours('decrypt --vault-password-file one', { stdin: theirs('encrypt --vault-password-file one', 'piped') }), 'piped')
  })

  await t.test('texts', async (t) => {
    const text = ours('encrypt_string --vault-password-file one secret --name a word --stdin-name b', { stdin: 'from stdin' })
    t.match(text, /^a: !vault \|\n {10}\$ANSIBLE_VAULT;1\.1;AES256\n(?: {10}[0-9a-f]+\n)+!vault \|\n[^]*\nb: !vault \|\n/)
    const vault = text
      .split('!vault |\n')[1]!
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
    t.equal(theirs('decrypt --vault-password-file one', vault), 'secret')
    t.match(ours('encrypt_string -p -n x', { ask: () => 'same' }), /^x: !vault \|/)
  })

  await t.test('edit and create leave nothing behind', async (t) => {
    writeFileSync(at('editor'), '#!/bin/sh\necho "$1" > where; stat -c %a "$1" > mode; echo edited >> "$1"\n')
    chmodSync(at('editor'), 0o755)
    const editor = `sh -c 'cd ${folder} && ./editor "$1"' -`
    ours('create --vault-password-file one sub/new', { editor })
    t.equal(ours('view --vault-password-file one', { stdin: read('sub/new') }), 'edited\n', 'from stdin')
    ours('create --vault-password-file one fresh', { editor })
    t.equal(theirs('view --vault-password-file one fresh'), 'edited\n')
    t.equal(statSync(at('fresh')).mode & 0o777, 0o600)
    ours('edit --vault-password-file one fresh', { editor })
    t.equal(theirs('view --vault-password-file one fresh'), 'edited\nedited\n')
    t.equal(read('mode'), '600\n')
    t.throws(() => statSync(read('where').trim()), { code: 'ENOENT' })
    const before = read('fresh')
    ours('edit --vault-password-file one fresh', { editor: 'true' })
    t.equal(read('fresh'), before)
    t.match(
      faultsOf(() => ours('edit --vault-password-file one fresh', { editor: 'false' })),
      ["BAD_OPTION - the editor 'false' ended with 1; nothing was changed"],
    )
  })

  await t.test('what is refused', async (t) => {
    for (const [words, expected] of [
      ['view --vault-password-file two fresh', 'VAULT_FAILED fresh:1:1 fresh cannot be decrypted: no password fits | Tried: default.'],
      ['view --vault-password-file two plain', 'VAULT_FAILED - plain is not encrypted'],
      ['encrypt --vault-password-file one fresh', 'VAULT_FAILED - fresh is encrypted already'],
      ['encrypt --vault-id a@one --vault-id b@two plain', 'BAD_OPTION - several passwords are given | Say which to encrypt with: --encrypt-vault-id a or b.'],
      ['encrypt --vault-id a@one --encrypt-vault-id c plain', "BAD_OPTION - no password is called 'c' | Given: a."],
      ['create --vault-password-file one fresh', 'VAULT_FAILED - fresh is there already | playline vault edit fresh changes it.'],
      ['view --vault-password-file one none', 'FILE_NOT_FOUND - there is no file none'],
      ['lock x', "BAD_OPTION - 'lock' is nothing that playline vault does | It does: encrypt, decrypt, view, edit, create, rekey, encrypt_string."],
    ] as const)
      t.strictSame(
        faultsOf(() => ours(words)),
        [expected],
        words,
      )
  })
})

t.test('what playline inventory cannot show', async (t) => {
  for (const [args, exitCode] of [
    [['inventory', '--host', 'nope', '-i', 'a,'], 5],
    [['inventory', '--graph', 'nope', '-i', 'a,'], 5],
    [['inventory', '-i', 'a,'], 5],
    [['inventory', '--nope'], 2],
    [['inventory', '--list', '-i', 'a,'], 0],
  ] as const)
    t.equal((await playline(args)).exitCode, exitCode, args.join(' '))
})
