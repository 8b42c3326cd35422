import { chmodSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parseInvocation, type Environment } from '../../../runner/cli/parse.ts'
import { parseVaultId } from '../../../runner/cli/passwords.ts'
import { faultsOf } from '../../support/faults.ts'

const folder = t.testdir({
  plain: ' secret word \n',
  empty: '\n',
  program: '#!/bin/sh\necho "printed $# $*"\n',
  'my-client.sh': '#!/bin/sh\necho "client $1 $2"\n',
  broken: '#!/bin/sh\nexit 3\n',
})
for (const name of ['program', 'my-client.sh', 'broken']) chmodSync(path.join(folder, name), 0o755)

function read(
  argv: readonly string[],
  variables: Record<string, string> = {},
): { vault: string[]; login: string | undefined; become: string | undefined; asked: string[] } {
  const asked: string[] = []
  const environment: Environment = {
    variables: { HOME: folder, ...variables },
    workingFolder: folder,
    ask: (prompt) => {
      asked.push(prompt)
      return prompt.startsWith('BECOME') && argv.includes('-k') ? '' : `answer ${asked.length}`
    },
  }
  const { vault, run } = parseInvocation(['p.yml', ...argv], () => undefined, environment)
  return { vault: vault.passwords.map(({ id, password }) => `${id}: ${password.toString()}`), login: run.connectionPassword, become: run.becomePassword, asked }
}

t.test('passwords of vaults come from files, programs and questions, in the order given', async (t) => {
  for (const [argv, expected] of [
    ['--vault-password-file plain', ['default: secret word']],
    ['--vault-pass-file ~/plain', ['default: secret word']],
    ['--vault-id plain', ['default: secret word']],
    ['--vault-id prod@plain --vault-id dev@program', ['prod: secret word', 'dev: printed 0']],
    ['--vault-id prod@my-client.sh', ['prod: client --vault-id prod']],
    ['--vault-password-file plain --vault-id dev@plain', ['dev: secret word', 'default: secret word']],
    ['--vault-id a@prompt -J', ['a: answer 1', 'default: answer 2']],
  ] as const)
    t.strictSame(read(argv.split(' ')).vault, expected, argv)
  t.strictSame(read(['--vault-id', 'a@prompt', '-J']).asked, ['Vault password (a): ', 'Vault password: '])
})

t.test('settings name further ones', async (t) => {
  t.strictSame(read(['--vault-id', 'x@plain'], { ANSIBLE_VAULT_IDENTITY_LIST: 'a@plain, program', ANSIBLE_VAULT_PASSWORD_FILE: 'plain' }).vault, [
    'a: secret word',
    'default: printed 0',
    'x: secret word',
    'default: secret word',
  ])
  t.strictSame(read(['--vault-id', 'plain'], { ANSIBLE_VAULT_IDENTITY: 'mine' }).vault, ['mine: secret word'])
  t.strictSame(read([], { ANSIBLE_BECOME_PASSWORD_FILE: 'plain' }).become, 'secret word')
})

t.test('login and become', async (t) => {
  t.match(read(['--connection-password-file', 'plain', '--become-pass-file', 'program']), { login: 'secret word', become: 'printed 0' })
  t.match(read(['-K']), { login: undefined, become: 'answer 1', asked: ['BECOME password: '] })
  t.match(read(['-k', '-K']), { login: 'answer 1', become: 'answer 1', asked: ['SSH password: ', 'BECOME password[defaults to SSH password]: '] })
  t.match(read(['-k', '--help']), { login: undefined, asked: [] })
})

t.test('what is refused', async (t) => {
  for (const [source, expected] of [
    ['none', `FILE_NOT_FOUND - there is no file ${folder}/none with the vault password`],
    ['empty', `BAD_OPTION - the vault password in ${folder}/empty is empty`],
    ['broken', `FILE_UNREADABLE - ${folder}/broken, which prints the vault password, ended with 3`],
  ] as const)
    t.strictSame(
      faultsOf(() => read(['--vault-id', source])),
      [expected],
      source,
    )
})

t.test('vault ids', async (t) => {
  t.strictSame(parseVaultId('a@b@c'), { id: 'a', source: 'b@c' })
  t.strictSame(parseVaultId('prompt', 'x'), { id: 'x', source: 'prompt' })
})
