import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { parseInventoryCommand, type InventoryInvocation } from '../../../runner/cli/inventory.ts'
import { parseInvocation, type Invocation } from '../../../runner/cli/parse.ts'
import { SETTINGS, type SettingEntry } from '../../../runner/cli/settings.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../../../runner/run/options.ts'
import { NotedDict } from '../../../runner/value/value.ts'
import { faultLine, faultsOf } from '../../support/faults.ts'

interface Said {
  readonly variables?: Record<string, string>
  readonly config?: string
  readonly argv?: readonly string[]
}

const folder = mkdtempSync(path.join(tmpdir(), 'playline-settings-'))
t.teardown(() => {
  rmSync(folder, { recursive: true })
})

function invoke({ variables = {}, config = '', argv = [] }: Said): { invocation: Invocation; warnings: string[] } {
  writeFileSync(path.join(folder, 'ansible.cfg'), config)
  const warnings: string[] = []
  const environment = { variables: { HOME: '/nowhere', ...variables }, workingFolder: folder, ask: () => 'asked' }
  return { invocation: parseInvocation(['p.yml', ...argv], (warning) => warnings.push(faultLine(warning)), environment), warnings }
}

const RUN: readonly (readonly [said: Said, changed: Partial<RunOptions>])[] = [
  [{}, {}],
  [{ config: '[defaults]\nforks = 7\nremote_user=me\n' }, { forks: 7, statedForks: 7, remoteUser: 'me' }],
  [{ config: '[defaults]\nforks: 7 ; not so many\n# forks = 8\n' }, { forks: 7, statedForks: 7 }],
  [
    { config: '[defaults]\nforks = 7\n', variables: { ANSIBLE_FORKS: '8' } },
    { forks: 8, statedForks: 8 },
  ],
  [
    { variables: { ANSIBLE_FORKS: '8' }, argv: ['-f', '9'] },
    { forks: 9, statedForks: 9 },
  ],
  [{ config: '[defaults]\nroles_path = a:/b:~/c:$X/d\n', variables: { X: '/x' } }, { rolesPath: [`${folder}/a`, '/b', '/nowhere/c', '/x/d'] }],
  [{ variables: { ANSIBLE_LIBRARY: 'm' }, argv: ['-M', '/n'] }, { libraryPath: ['/n', `${folder}/m`] }],
  [{ config: '[privilege_escalation]\nbecome=True\nbecome_method=su\nbecome_user=u\n' }, { become: true, becomeMethod: 'su', becomeUser: 'u' }],
  [{ config: '[defaults]\nhost_key_checking = no\n' }, { hostKeyChecking: false }],
  [{ variables: { ANSIBLE_HOST_KEY_CHECKING: 'False' } }, { hostKeyChecking: false }],
  [
    { config: '[ssh_connection]\nssh_args = -o A=1\nssh_common_args = "-o B=2"\n', argv: ['--ssh-extra-args=-4'] },
    { sshArguments: ['-o', 'A=1', '-o', 'B=2', '-4'] },
  ],
  [{ config: '[tags]\nrun = a, b\nskip = c\n' }, { tags: ['a', 'b'], skipTags: ['c'] }],
  [
    { config: '[tags]\nrun = a\nskip = b,c\n', argv: ['-t', 'x,a', '--skip-tags', 'c'] },
    { tags: ['a', 'x'], skipTags: ['b', 'c'] },
  ],
  [
    { config: '[defaults]\nhash_behaviour = merge\ngathering = explicit\nforce_handlers = 1\n' },
    { hashBehaviour: 'merge', gathering: 'explicit', forceHandlers: true },
  ],
  [
    { config: '[defaults]\ntimeout = 33\ntask_timeout = 5\nno_log = yes\nany_errors_fatal = on\nverbosity = 2\n' },
    { connectTimeoutMs: 33_000, taskTimeoutMs: 5000, noLog: true, anyErrorsFatal: true, verbosity: 2 },
  ],
  [{ config: '[defaults]\nask_pass = true\n' }, { connectionPassword: 'asked' }],
  [{ config: '[diff]\nalways = true\n' }, { diff: true }],
  [
    { config: '[defaults]\nfact_caching = jsonfile\nfact_caching_connection = kept\n' },
    { factCache: { folder: `${folder}/kept`, prefix: '', lifeSeconds: 86_400 } },
  ],
  [{ config: '[defaults]\nfact_caching = memory\nfact_caching_connection = kept\n' }, {}],
  [
    { config: '[defaults]\nprivate_key_file = keys/id\nremote_port = 2222\ntransport = local\n' },
    { privateKeyFile: `${folder}/keys/id`, remotePort: 2222, connection: 'local' },
  ],
]

t.test('what each setting asks of the run', async (t) => {
  const expected = { ...DEFAULT_OPTIONS, extraVars: new NotedDict() }
  for (const [said, changed] of RUN)
    t.strictSame(
      { ...invoke(said).invocation.run, settings: expected.settings },
      { ...expected, configFile: path.join(folder, 'ansible.cfg'), ...changed },
      JSON.stringify(said),
    )
})

/** For each setting that is supported something else than the default. */
const OTHER_THAN_DEFAULT: Readonly<Record<string, string>> = {
  DEFAULT_HOST_LIST: 'hosts',
  TAGS_RUN: 'x',
  TAGS_SKIP: 'x',
  DEFAULT_ROLES_PATH: '/r',
  DEFAULT_MODULE_PATH: '/m',
  COLLECTIONS_PATHS: '/c',
  INVENTORY_IGNORE_EXTS: '.x',
  INVENTORY_IGNORE_PATTERNS: '^x',
  INVENTORY_ENABLED: 'yaml',
  INVENTORY_ANY_UNPARSED_IS_FAILED: 'yes',
  INVENTORY_UNPARSED_IS_FAILED: 'yes',
  TRANSFORM_INVALID_GROUP_CHARS: 'always',
  DEFAULT_HASH_BEHAVIOUR: 'merge',
  CACHE_PLUGIN_CONNECTION: '/other',
  CACHE_PLUGIN_PREFIX: 'x',
  CACHE_PLUGIN_TIMEOUT: '3',
  INJECT_FACTS_AS_VARS: 'no',
  DEFAULT_PRIVATE_ROLE_VARS: 'yes',
  DEFAULT_JINJA2_NATIVE: 'yes',
  DEFAULT_MANAGED_STR: 'by me',
  DEFAULT_FORKS: '3',
  DEFAULT_STRATEGY: 'free',
  DEFAULT_GATHERING: 'explicit',
  DEFAULT_GATHER_SUBSET: '!all',
  DEFAULT_FORCE_HANDLERS: 'yes',
  ANY_ERRORS_FATAL: 'yes',
  ERROR_ON_MISSING_HANDLER: 'no',
  DEFAULT_NO_LOG: 'yes',
  TASK_TIMEOUT: '3',
  DEFAULT_POLL_INTERVAL: '3',
  DEFAULT_REMOTE_USER: 'x',
  DEFAULT_REMOTE_PORT: '2222',
  DEFAULT_PRIVATE_KEY_FILE: '/k',
  DEFAULT_TIMEOUT: '3',
  SSH_TIMEOUT: '3',
  DEFAULT_TRANSPORT: 'local',
  HOST_KEY_CHECKING: 'no',
  SSH_HOST_KEY_CHECKING: 'no',
  SSH_ARGS: '-4',
  SSH_COMMON_ARGS: '-4',
  SSH_EXTRA_ARGS: '-4',
  DEFAULT_BECOME: 'yes',
  DEFAULT_BECOME_METHOD: 'su',
  DEFAULT_BECOME_USER: 'x',
  DEFAULT_BECOME_EXE: '/x',
  DEFAULT_BECOME_FLAGS: '-x',
  DEFAULT_ASK_PASS: 'yes',
  DEFAULT_BECOME_ASK_PASS: 'yes',
  CONNECTION_PASSWORD_FILE: 'password',
  BECOME_PASSWORD_FILE: 'password',
  DEFAULT_STDOUT_CALLBACK: 'json',
  DIFF_ALWAYS: 'yes',
  SHOW_CUSTOM_STATS: 'yes',
  DEFAULT_VERBOSITY: '3',
}
/** What the settings of kept facts need to be of effect. */
const KEPT_FACTS: Readonly<Record<string, string>> = { ANSIBLE_CACHE_PLUGIN: 'jsonfile', ANSIBLE_CACHE_PLUGIN_CONNECTION: '/f' }

function withoutKeys(all: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key)))
}

/** What is no part of a run's options: the vault, tried by the comparison with Ansible, and `playline inventory`, below. */
const ELSEWHERE = new Set([...SETTINGS.map(({ name }) => name as string).filter((name) => name.includes('_VAULT_')), 'PLAYBOOK_DIR', 'INVENTORY_EXPORT'])

t.test('each setting that is supported has an effect, under each of its names', async (t) => {
  writeFileSync(path.join(folder, 'password'), 'x')
  const asked = (said: Said): unknown => {
    const { run, inventories, output } = invoke(said).invocation
    return { ...run, settings: undefined, inventories, output }
  }
  const supported = (SETTINGS as readonly SettingEntry[]).filter(
    ({ refused, noEffect, name }) => refused === undefined && noEffect === undefined && !ELSEWHERE.has(name),
  )
  for (const { name, ini, env } of supported) {
    const value = OTHER_THAN_DEFAULT[name]
    if (value === undefined) throw new Error(`${name} has no value to try`)
    const beside = name.startsWith('CACHE_PLUGIN_') ? KEPT_FACTS : {}
    const without = asked({ variables: beside })
    for (const key of ini) {
      const [section, word] = key.split('.')
      t.notSame(asked({ config: `[${section}]\n${word} = ${value}\n`, variables: withoutKeys(beside, env) }), without, key)
    }
    for (const variable of env) t.notSame(asked({ variables: { ...beside, [variable]: value } }), without, variable)
  }
})

t.test('settings of playline inventory', async (t) => {
  const parse = (variables: Record<string, string>): InventoryInvocation =>
    parseInventoryCommand(['--list'], () => undefined, { variables: { HOME: '/nowhere', ...variables }, workingFolder: folder, ask: () => 'asked' })
  writeFileSync(path.join(folder, 'ansible.cfg'), '')
  t.equal(parse({ ANSIBLE_PLAYBOOK_DIR: '/p' }).folder, '/p')
  t.equal(parse({ ANSIBLE_INVENTORY_EXPORT: '1' }).format.export, true)
  writeFileSync(path.join(folder, 'ansible.cfg'), '[defaults]\nplaybook_dir = p\n[inventory]\nexport = yes\n')
  t.match(parse({}), { folder: `${folder}/p`, format: { export: true } })
})

t.test('what lookup(config) sees of them', async (t) => {
  const { settings } = invoke({
    config: '[defaults]\nforks = 7\nremote_user = me\nroles_path = a:~/b\n[privilege_escalation]\nbecome = yes\n[tags]\nrun = x,y\n',
    variables: { ANSIBLE_PRIVATE_KEY_FILE: 'k' },
  }).invocation.run
  t.strictSame(Object.fromEntries(settings), {
    TAGS_RUN: ['x', 'y'],
    DEFAULT_ROLES_PATH: [`${folder}/a`, '/nowhere/b'],
    DEFAULT_FORKS: 7,
    DEFAULT_REMOTE_USER: 'me',
    DEFAULT_PRIVATE_KEY_FILE: `${folder}/k`,
    DEFAULT_BECOME: true,
  })
})

t.test('which inventories have to be read', async (t) => {
  t.equal(invoke({}).invocation.run.inventoryRules.required, 'none')
  t.equal(invoke({ config: '[inventory]\nunparsed_is_failed = true\n' }).invocation.run.inventoryRules.required, 'one')
  t.equal(invoke({ variables: { ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: '1' } }).invocation.run.inventoryRules.required, 'all')
})

t.test('the inventory and the output', async (t) => {
  t.strictSame(invoke({ config: '[defaults]\ninventory = hosts,./more\n' }).invocation.inventories, [`${folder}/hosts`, `${folder}/more`])
  t.strictSame(invoke({ variables: { ANSIBLE_INVENTORY: '/a/b' }, argv: ['-i', 'x'] }).invocation.inventories, ['x'])
  t.equal(invoke({ variables: { ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json' } }).invocation.output, 'json')
  t.equal(invoke({ config: '[defaults]\nstdout_callback = yaml\n' }).invocation.output, 'human')
})

t.test('which file is read', async (t) => {
  const other = path.join(folder, 'other')
  mkdirSync(other)
  writeFileSync(path.join(other, 'ansible.cfg'), '[defaults]\nforks = 3\n')
  const config = '[defaults]\nforks = 4\n'
  t.equal(invoke({ config }).invocation.run.forks, 4)
  t.equal(invoke({ config, variables: { ANSIBLE_CONFIG: 'other' } }).invocation.run.forks, 3)
  t.equal(invoke({ config, variables: { ANSIBLE_CONFIG: 'other/ansible.cfg' } }).invocation.run.forks, 3)
  t.equal(invoke({ config, variables: { ANSIBLE_CONFIG: 'none' } }).invocation.run.forks, 4)
  chmodSync(folder, 0o777)
  const { invocation, warnings } = invoke({ config })
  chmodSync(folder, 0o700)
  t.equal(invocation.run.forks, DEFAULT_OPTIONS.forks)
  t.match(warnings, [/is not read, since everybody may write in its folder/])
})

t.test('what is of no effect is told of where it would change something; what is refused refuses', async (t) => {
  t.strictSame(invoke({ config: '[defaults]\nnocows = 1\nretry_files_enabled = False\nunknown = 1\npipelining = True\n[other]\nx = 1\n' }).warnings, [])
  t.strictSame(invoke({ config: '[defaults]\nfact_caching = memory\n' }).warnings, [])
  t.strictSame(invoke({ config: '[defaults]\nfact_caching = redis\n' }).warnings, [
    'UNSUPPORTED_VALUE ansible.cfg:2:1 the setting defaults.fact_caching is of no effect: facts are read in each run',
  ])
  for (const [config, fault] of [
    [
      '[defaults]\njinja2_extensions = jinja2.ext.do,jinja2.ext.i18n',
      'UNSUPPORTED_VALUE ansible.cfg:2:1 the setting defaults.jinja2_extensions = jinja2.ext.do,jinja2.ext.i18n is not supported: templates know no other extension | Take the setting out.',
    ],
    ['[defaults]\nforks = many', "BAD_OPTION ansible.cfg:2:1 the setting defaults.forks is 'many' | It is a whole number from 1."],
    [
      '[defaults]\nbecome = x\n[privilege_escalation]\nbecome = maybe',
      "BAD_OPTION ansible.cfg:4:1 the setting privilege_escalation.become is 'maybe' | It is yes or no.",
    ],
    ['[defaults]\ngathering = never', "BAD_OPTION ansible.cfg:2:1 the setting defaults.gathering is 'never' | It is implicit, explicit, smart."],
    ['forks = 1', 'BAD_OPTION ansible.cfg:1:1 this line of ansible.cfg cannot be read | Write [section], and below it key = value.'],
  ] as const)
    t.strictSame(
      faultsOf(() => invoke({ config })),
      [fault],
      config,
    )
})

t.test('nothing stands twice in the table', async (t) => {
  const entries: readonly SettingEntry[] = SETTINGS
  for (const spellings of [entries.map(({ name }) => name), entries.flatMap(({ env }) => env), entries.flatMap(({ ini }) => ini)])
    t.equal(new Set(spellings).size, spellings.length)
})
