/** Every code once: something that provokes it, through the whole engine where that needs no network, and what a person then reads. */
import t from 'tap'
import { DiagnosticError, type Diagnostic, type DiagnosticCode } from '../../../runner/diagnostic/diagnostic.ts'
import { renderDiagnostic } from '../../../runner/diagnostic/render.ts'
import { parseInvocation } from '../../../runner/cli/parse.ts'
import { becomeFailed, connectionLost, shellDidNotStart, timedOut } from '../../../runner/port/shell/problems.ts'
import { judge, type KnownKey } from '../../../runner/port/ssh/known-hosts.ts'
import { addArguments, SshOptions } from '../../../runner/port/ssh/options.ts'
import { play, type Setup } from '../../support/playbook.ts'
import { diagnosticOf } from '../../../runner/port/oci/http.ts'
import { OciPort } from '../../../runner/port/oci/oci-port.ts'
import { loadSdk } from '../../../runner/port/oci/sdk.ts'

interface Example {
  readonly provoke: () => Diagnostic | undefined | Promise<Diagnostic | undefined>
  readonly text: string
}

/** What refuses a run, or is a warning before it. */
const refused =
  (playbook: string, code: DiagnosticCode, setup: Setup = {}) =>
  async (): Promise<Diagnostic | undefined> =>
    (await play(playbook, setup)).diagnostics.find((each) => each.code === code)

/** What a task fails with. */
const failed =
  (tasks: string, setup: Setup = {}) =>
  async (): Promise<Diagnostic | undefined> => {
    const { results } = await play(onAll(tasks), setup)
    return results.map(({ outcome }) => outcome.failure?.diagnostic ?? outcome.unreachable?.diagnostic).find((each) => each !== undefined)
  }

const thrown = (work: () => unknown) => (): Diagnostic | undefined => {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.first
    throw error
  }
  return undefined
}

const onAll = (tasks: string): string => `- hosts: all\n  gather_facts: false\n  tasks:\n    - ${tasks.replaceAll('\n', '\n    ')}\n`

/** A module of one test: promises what its steps do not bring about, is refused, or never settles. */
const library = (plan: string, more = ''): Setup => ({
  files: {
    'library/thing.mjs': `export default ({ state, z, query, run }) => state({
      summary: 'x', params: () => z.object({}).strict(), examples: [],
      probe: () => ({ size: query('query:size', ['cat', '/size'], (reply) => reply.stdout.trim()) }),
      plan: () => (${plan}),
      *apply() { yield run(['grow']) }, ${more}
    })`,
  },
  hosts: { a: { files: { '/size': 'small\n' }, queries: { 'cat /size': 'small\n' }, run: ({ argv }) => (argv[0] === 'grow' ? 0 : undefined) } },
})

const blob = (letter: string): Buffer => {
  const type = Buffer.from('ssh-ed25519')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, type, Buffer.alloc(36, letter)])
}
const known = (letter: string, marker?: 'revoked'): KnownKey => ({
  file: '/home/me/.ssh/known_hosts',
  line: 3,
  marker,
  type: 'ssh-ed25519',
  blob: blob(letter),
  exactPort: true,
})
const judged =
  (...keys: KnownKey[]) =>
  (): Diagnostic | undefined => {
    const verdict = judge('web1 (10.0.0.1)', { name: '10.0.0.1', port: 22 }, blob('a'), keys, ['/home/me/.ssh/known_hosts'])
    return verdict.kind === 'known' ? undefined : verdict.problem
  }

const EXAMPLES: Readonly<Record<DiagnosticCode, Example>> = {
  BAD_EXTRA_VARS: {
    provoke: thrown(() => parseInvocation(['p.yml', '-e', '[1]'], () => undefined)),
    text: `
error: --extra-vars has to be a mapping  [BAD_EXTRA_VARS]
  --> --extra-vars:1:1
    1 | [1]
      | ^^^`,
  },
  BAD_OPTION: {
    provoke: thrown(() => parseInvocation(['p.yml', '--chekc'], () => undefined)),
    text: `
error: there is no option --chekc  [BAD_OPTION]
  hint: Did you mean --check?`,
  },
  FILE_NOT_FOUND: {
    provoke: refused('- import_playbook: none.yml', 'FILE_NOT_FOUND'),
    text: `
error: there is no file none.yml  [FILE_NOT_FOUND]
  --> playbook0.yml:1:20
    1 | - import_playbook: none.yml
      |                    ^^^^^^^^`,
  },
  FILE_UNREADABLE: {
    provoke: refused('- import_playbook: roles', 'FILE_UNREADABLE', { files: { 'roles/x': '' } }),
    text: `
error: roles cannot be read  [FILE_UNREADABLE]
  --> playbook0.yml:1:20
    1 | - import_playbook: roles
      |                    ^^^^^
  EISDIR: illegal operation on a directory, read`,
  },
  YAML_SYNTAX: {
    provoke: refused('- hosts: all\n\ttasks: []', 'YAML_SYNTAX'),
    text: `
error: Unexpected scalar at node end  [YAML_SYNTAX]
  --> playbook0.yml:2:2
    2 |  tasks: []
      |  ^^^^^
  hint: Indent with spaces; YAML refuses tabs.`,
  },
  DUPLICATE_KEY: {
    provoke: refused('- hosts: all\n  hosts: a\n  gather_facts: false', 'DUPLICATE_KEY'),
    text: `
warning: the key 'hosts' stands twice; the last one counts  [DUPLICATE_KEY]
  --> playbook0.yml:2:3
    2 |   hosts: a
      |   ^^^^^`,
  },
  WRONG_TYPE: {
    provoke: refused('- hosts: all\n  become: perhaps', 'WRONG_TYPE'),
    text: `
error: 'become' takes true or false, and this is text  [WRONG_TYPE]
  --> playbook0.yml:2:11
    2 |   become: perhaps
      |           ^^^^^^^`,
  },
  UNKNOWN_KEYWORD: {
    provoke: refused('- hots: all', 'UNKNOWN_KEYWORD'),
    text: `
error: 'hots' is not a keyword of a play  [UNKNOWN_KEYWORD]
  --> playbook0.yml:1:3
    1 | - hots: all
      |   ^^^^
  hint: Did you mean 'hosts'?`,
  },
  UNSUPPORTED_KEYWORD: {
    provoke: refused(onAll('debug:\n  debugger: always'), 'UNSUPPORTED_KEYWORD'),
    text: `
error: 'debugger' is not supported: Playline has no debugger  [UNSUPPORTED_KEYWORD]
  --> playbook0.yml:5:7
    5 |       debugger: always
      |       ^^^^^^^^`,
  },
  UNSUPPORTED_VALUE: {
    provoke: refused('- hosts: all\n  strategy: debug', 'UNSUPPORTED_VALUE'),
    text: `
error: the strategy 'debug' is not supported  [UNSUPPORTED_VALUE]
  --> playbook0.yml:2:13
    2 |   strategy: debug
      |             ^^^^^
  hint: There are: linear, free, host_pinned.`,
  },
  MISSING_KEYWORD: {
    provoke: refused('- tasks: []', 'MISSING_KEYWORD'),
    text: `
error: a play needs 'hosts'  [MISSING_KEYWORD]
  --> playbook0.yml:1:3
    1 | - tasks: []
      |   ^^^^^^^^^
  hint: Name a group or host of the inventory, or all.`,
  },
  CONFLICTING_ACTIONS: {
    provoke: refused(onAll('copy: {}\n  debug:'), 'CONFLICTING_ACTIONS'),
    text: `
error: a task has one module, and this has 'copy' and 'debug'  [CONFLICTING_ACTIONS]
  --> playbook0.yml:5:7
    5 |       debug:
      |       ^^^^^`,
  },
  MISSING_ACTION: {
    provoke: refused(onAll('name: nothing'), 'MISSING_ACTION'),
    text: `
error: this task does nothing: no module is named  [MISSING_ACTION]
  --> playbook0.yml:4:7
    4 |     - name: nothing
      |       ^^^^^^^^^^^^^`,
  },
  UNKNOWN_MODULE: {
    provoke: refused(onAll('ansible.builtin.coppy: {}'), 'UNKNOWN_MODULE'),
    text: `
error: 'ansible.builtin.coppy' is neither a keyword of a task nor a module  [UNKNOWN_MODULE]
  --> playbook0.yml:4:7
    4 |     - ansible.builtin.coppy: {}
      |       ^^^^^^^^^^^^^^^^^^^^^
  hint: Did you mean 'copy'?`,
  },
  UNKNOWN_ROLE: {
    provoke: refused('- hosts: all\n  roles: [wbe]', 'UNKNOWN_ROLE', { files: { 'roles/web/tasks/main.yml': '' } }),
    text: `
error: there is no role 'wbe'  [UNKNOWN_ROLE]
  --> playbook0.yml:2:11
    2 |   roles: [wbe]
      |           ^^^
  searched: roles, ., roles
  hint: Did you mean 'web'?`,
  },
  UNKNOWN_HANDLER: {
    provoke: refused(`${onAll('command: x\n  notify: restrat')}  handlers: [{name: restart, debug: }]\n`, 'UNKNOWN_HANDLER'),
    text: `
error: there is no handler 'restrat'  [UNKNOWN_HANDLER]
  --> playbook0.yml:5:15
    5 |       notify: restrat
      |               ^^^^^^^
  hint: Did you mean 'restart'?`,
  },
  UNKNOWN_HOST_PATTERN: {
    provoke: refused('- hosts: wbe', 'UNKNOWN_HOST_PATTERN', { hosts: { web: {} } }),
    text: `
warning: no host or group is called 'wbe'  [UNKNOWN_HOST_PATTERN]
  --> playbook0.yml:1:10
    1 | - hosts: wbe
      |          ^^^
  hint: Did you mean 'web'?`,
  },
  BAD_INVENTORY: {
    provoke: refused('- hosts: all', 'BAD_INVENTORY', { inventory: '[web]\na b=1 c\n' }),
    text: `
warning: 'c' after the host 'a' is not name=value  [BAD_INVENTORY]
  --> hosts:2:1
    2 | a b=1 c
      | ^^^^^^^`,
  },
  VAULT_FAILED: {
    provoke: refused('- hosts: all\n  vars_files: [secret.yml]\n', 'VAULT_FAILED', {
      files: { 'secret.yml': '$ANSIBLE_VAULT;1.1;AES256\n30310a30320a3033\n' },
      hosts: { a: {} },
    }),
    text: `
error: secret.yml is encrypted, and no password is given  [VAULT_FAILED]
  --> secret.yml:1:1
    1 | $ANSIBLE_VAULT;1.1;AES256
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: Give one with --vault-password-file, --vault-id or --ask-vault-pass.`,
  },
  INCLUDE_CYCLE: {
    provoke: refused('- import_playbook: playbook0.yml', 'INCLUDE_CYCLE'),
    text: `
error: playbook0.yml imports itself  [INCLUDE_CYCLE]
  --> playbook0.yml:1:20
    1 | - import_playbook: playbook0.yml
      |                    ^^^^^^^^^^^^^`,
  },
  BAD_ARGUMENT: {
    provoke: refused(onAll('copy: {content: x, dest: ""}'), 'BAD_ARGUMENT'),
    text: `
error: 'dest' of 'copy': a path cannot be empty  [BAD_ARGUMENT]
  --> playbook0.yml:4:32
    4 |     - copy: {content: x, dest: ""}
      |                                ^^
  on the host 'a'`,
  },
  ROLE_ARGUMENT: {
    provoke: refused('- hosts: all\n  gather_facts: false\n  roles: [r]', 'ROLE_ARGUMENT', {
      files: { 'roles/r/meta/argument_specs.yml': 'argument_specs: {main: {options: {port: {type: int, required: true}}}}' },
    }),
    text: `
error: the role 'r': missing required arguments: port  [ROLE_ARGUMENT]
  --> playbook0.yml:3:11
    3 |   roles: [r]
      |           ^
  on the host 'a'`,
  },
  TEMPLATE_SYNTAX: {
    provoke: refused(onAll("debug: {msg: 'x {{ 1 + }}'}"), 'TEMPLATE_SYNTAX'),
    text: `
error: unexpected '}}'  [TEMPLATE_SYNTAX]
  --> playbook0.yml:4:30
    4 |     - debug: {msg: 'x {{ 1 + }}'}
      |                              ^^`,
  },
  UNDEFINED_VARIABLE: {
    provoke: refused(onAll("debug: {msg: '{{ adress }}'}\n  vars: {address: x}"), 'UNDEFINED_VARIABLE'),
    text: `
error: 'adress' is undefined  [UNDEFINED_VARIABLE]
  --> playbook0.yml:4:24
    4 |     - debug: {msg: '{{ adress }}'}
      |                        ^^^^^^
  on the host 'a'
  hint: Did you mean 'address'?`,
  },
  TEMPLATE_FAILED: {
    provoke: refused(onAll("debug: {msg: '{{ 1 / 0 }}'}"), 'TEMPLATE_FAILED'),
    text: `
error: division by zero  [TEMPLATE_FAILED]
  --> playbook0.yml:4:24
    4 |     - debug: {msg: '{{ 1 / 0 }}'}
      |                        ^^^^^
  on the host 'a'`,
  },
  RECURSIVE_TEMPLATE: {
    provoke: refused(onAll("debug: {msg: '{{ a }}'}\n  vars: {a: '{{ b }}', b: '{{ a }}'}"), 'RECURSIVE_TEMPLATE'),
    text: `
error: the variable 'a' is made of itself: a → b → a  [RECURSIVE_TEMPLATE]
  --> playbook0.yml:5:17
    5 |       vars: {a: '{{ b }}', b: '{{ a }}'}
      |                 ^^^^^^^^^
  on the host 'a'`,
  },
  UNKNOWN_FILTER: {
    provoke: refused(onAll("debug: {msg: '{{ 1 | uper }}'}"), 'UNKNOWN_FILTER'),
    text: `
error: there is no filter 'uper'  [UNKNOWN_FILTER]
  --> playbook0.yml:4:28
    4 |     - debug: {msg: '{{ 1 | uper }}'}
      |                            ^^^^
  hint: Did you mean 'upper'?`,
  },
  UNKNOWN_TEST: {
    provoke: refused(onAll("debug: {msg: '{{ 1 is defind }}'}"), 'UNKNOWN_TEST'),
    text: `
error: there is no test 'defind'  [UNKNOWN_TEST]
  --> playbook0.yml:4:29
    4 |     - debug: {msg: '{{ 1 is defind }}'}
      |                             ^^^^^^
  hint: Did you mean 'defined'?`,
  },
  UNKNOWN_LOOKUP: {
    provoke: refused(onAll("debug: {msg: \"{{ lookup('fil', 'x') }}\"}"), 'UNKNOWN_LOOKUP'),
    text: `
error: there is no lookup 'fil'  [UNKNOWN_LOOKUP]
  --> playbook0.yml:4:24
    4 |     - debug: {msg: "{{ lookup('fil', 'x') }}"}
      |                        ^^^^^^^^^^^^^^^^^^
  on the host 'a'
  hint: Did you mean 'file'?`,
  },
  LOOKUP_FAILED: {
    provoke: refused('- hosts: all\n  gather_facts: false\n  name: "{{ x }}"\n  serial: "{{ lookup(\'file\', \'x\') }}"', 'LOOKUP_FAILED'),
    text: `
error: could not locate file in lookup: x  [LOOKUP_FAILED]
  --> playbook0.yml:4:15
    4 |   serial: "{{ lookup('file', 'x') }}"
      |               ^^^^^^^^^^^^^^^^^^^
  searched: files/x, x`,
  },
  LIMIT_EXCEEDED: {
    provoke: refused('- hosts: all', 'LIMIT_EXCEEDED', { inventory: 'h[0:999999]\n' }),
    text: `
error: 'h[0:999999]' stands for more than 100000 hosts  [LIMIT_EXCEEDED]
  --> hosts:1:1
    1 | h[0:999999]
      | ^^^^^^^^^^^`,
  },
  UNREACHABLE: {
    provoke: () => shellDidNotStart('web1', 'This account is currently not available.'),
    text: `
error: web1: logged in, but no shell could be started  [UNREACHABLE]
  This account is currently not available.
  hint: The user's login shell has to run commands; /bin/sh has to exist.`,
  },
  CLOUD_SDK_MISSING: {
    provoke: thrown(() =>
      loadSdk(() => {
        throw new Error("Cannot find module 'oci-sdk'\nRequire stack: …")
      }),
    ),
    text: `
error: the modules for Oracle Cloud need the package 'oci-sdk', which is not installed  [CLOUD_SDK_MISSING]
  Cannot find module 'oci-sdk'
  hint: Install it with \`npm install oci-sdk\`, or install playline without \`--omit=optional\`.`,
  },
  CLOUD_CONFIG: {
    provoke: async () => {
      const account = { auth: 'api_key', configFile: undefined, profile: 'DEFAULT', region: undefined, endpoint: undefined } as const
      const [outcome] = await new OciPort({ HOME: '/home/me' }).read([{ kind: 'cloud', account, service: 'network', operation: 'listDrgs', request: {} }])
      return outcome && 'problem' in outcome ? outcome.problem : undefined
    },
    text: `
error: there is no /home/me/.oci/config  [CLOUD_CONFIG]
  hint: It holds the profiles for Oracle Cloud; \`oci setup config\` writes one. Or give \`config_file_location\`.`,
  },
  CLOUD_UNREACHABLE: {
    provoke: () => diagnosticOf('listDrgs', { status: undefined, code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', requestId: '1A2B', attempts: 5 }),
    text: `
error: listDrgs: ECONNREFUSED: connect ECONNREFUSED, after 5 attempts  [CLOUD_UNREACHABLE]
  opc-request-id 1A2B`,
  },
  CLOUD_REFUSED: {
    provoke: () =>
      diagnosticOf('createDrg', { status: 400, code: 'LimitExceeded', message: 'the limit of DRGs is reached', requestId: '1A2B/3C', attempts: 1 }),
    text: `
error: createDrg: LimitExceeded: the limit of DRGs is reached  [CLOUD_REFUSED]
  HTTP 400, opc-request-id 1A2B/3C`,
  },
  HOST_KEY_UNKNOWN: {
    provoke: judged(),
    text: `
error: web1 (10.0.0.1): the host key is not known  [HOST_KEY_UNKNOWN]
  The host showed its ssh-ed25519 key SHA256:XEPDAw2KPkAcCaVm88XWHaHCfTSw9dIz+OXlZHD8u18; no line in /home/me/.ssh/known_hosts names '10.0.0.1'.
  hint: Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then: ssh-keyscan -t ed25519 10.0.0.1 >> /home/me/.ssh/known_hosts`,
  },
  HOST_KEY_CHANGED: {
    provoke: judged(known('b')),
    text: `
error: web1 (10.0.0.1): the host key is not the one that is known  [HOST_KEY_CHANGED]
  The host showed its ssh-ed25519 key SHA256:XEPDAw2KPkAcCaVm88XWHaHCfTSw9dIz+OXlZHD8u18; /home/me/.ssh/known_hosts:3 has the ssh-ed25519 key SHA256:xKX9sKJsp+JOzM7lIRO/MKRWNZhX/9Z5XucDyQywHYQ. Either the host was set up anew, or someone is in between.
  hint: Where the host was set up anew: ssh-keygen -f /home/me/.ssh/known_hosts -R '10.0.0.1'`,
  },
  HOST_KEY_REVOKED: {
    provoke: judged(known('a', 'revoked')),
    text: `
error: web1 (10.0.0.1): the host key is revoked  [HOST_KEY_REVOKED]
  The host showed its ssh-ed25519 key SHA256:XEPDAw2KPkAcCaVm88XWHaHCfTSw9dIz+OXlZHD8u18, which /home/me/.ssh/known_hosts:3 revokes.
  hint: Do not connect until it is clear who holds this key.`,
  },
  AUTHENTICATION_FAILED: {
    provoke: () => ({
      code: 'AUTHENTICATION_FAILED',
      severity: 'error',
      summary: "web1: cannot log in as 'me' at 10.0.0.1:22",
      detail: 'There was nothing to try: no key, no agent, no password.',
    }),
    text: `
error: web1: cannot log in as 'me' at 10.0.0.1:22  [AUTHENTICATION_FAILED]
  There was nothing to try: no key, no agent, no password.`,
  },
  BECOME_FAILED: {
    provoke: () => becomeFailed('web1', { method: 'sudo', user: 'root' }, 'sudo: a password is required'),
    text: `
error: Missing sudo password  [BECOME_FAILED]
  web1: cannot become user 'root'
  sudo: a password is required
  hint: Give it as ansible_become_password, with --ask-become-pass or with --become-password-file.`,
  },
  TIMED_OUT: {
    provoke: () => timedOut("'sleep 100'", 30_000),
    text: `
error: 'sleep 100' did not end within 30 s and was stopped  [TIMED_OUT]`,
  },
  CONNECTION_LOST: {
    provoke: () => connectionLost('web1'),
    text: `
error: web1: the connection was lost  [CONNECTION_LOST]`,
  },
  UNSUPPORTED_SSH_OPTION: {
    provoke: thrown(() => addArguments(new SshOptions(), ['-A'])),
    text: `
error: '-A' in the SSH arguments is not supported  [UNSUPPORTED_SSH_OPTION]
  hint: There are -o, -F, -J, -i, -p, -l.`,
  },
  PROBE_FAILED: {
    provoke: failed('thing:', { ...library('({ after: {} })'), hosts: { a: {} } }),
    text: `
error: 'cat /size' ended with exit code 1  [PROBE_FAILED]
  cat: /size: No such file or directory`,
  },
  STEP_FAILED: {
    provoke: failed('thing:', {
      ...library("({ after: { size: 'large' } })"),
      hosts: { a: { queries: { 'cat /size': 'small\n' }, run: () => ({ exitCode: 3, stdout: '', stderr: 'no room\n' }) } },
    }),
    text: `
error: grow ended with exit code 3  [STEP_FAILED]
  no room`,
  },
  REFUSED: {
    provoke: failed('thing:', library("({ after: {}, refusals: [{ summary: 'there is no such size' }] })")),
    text: `
error: there is no such size  [REFUSED]`,
  },
  ASSERTION_FAILED: {
    provoke: failed('assert: {that: 1 > 2}'),
    text: `
error: not true: 1 > 2  [ASSERTION_FAILED]
  --> playbook0.yml:4:22
    4 |     - assert: {that: 1 > 2}
      |                      ^^^^^`,
  },
  MODULE_BROKE_PROMISE: {
    provoke: failed('thing:', library("({ after: { size: 'large' } })")),
    text: `
error: after the change the host is not in the state that was promised  [MODULE_BROKE_PROMISE]
  query:size: promised large, is small`,
  },
  DID_NOT_SETTLE: {
    provoke: failed('thing:', library("({ after: { size: 'large' } })", "settles: { when: (state) => state.size === 'large', withinMs: 50 },")),
    text: `
error: the state did not settle within 0.05 s  [DID_NOT_SETTLE]
  query:size: small`,
  },
  FAILED_WHEN: {
    provoke: failed('debug: {msg: x}\n  failed_when: 1 < 2'),
    text: `
error: failed_when is true  [FAILED_WHEN]
  --> playbook0.yml:5:20
    5 |       failed_when: 1 < 2
      |                    ^^^^^`,
  },
}

/** The folders of tests have names of their own. */
const settled = (text: string): string => text.replaceAll(/\/\S*playline-test-\w+\//g, '').replaceAll(/\/\S*playline-test-\w+/g, '.')

for (const [code, { provoke, text }] of Object.entries(EXAMPLES)) {
  t.test(code, async (t) => {
    const diagnostic = await provoke()
    t.equal(diagnostic?.code, code)
    t.equal(diagnostic && `\n${settled(renderDiagnostic(diagnostic))}`, text)
  })
}
