import t from 'tap'
import path from 'node:path'
import { OPTIONS } from '../../../runner/cli/options.ts'
import { parseInvocation, type Invocation } from '../../../runner/cli/parse.ts'
import type { Diagnostic } from '../../../runner/diagnostic/diagnostic.ts'
import { exitCodeOf } from '../../../runner/run/run.ts'
import { DEFAULT_OPTIONS, type RunOptions } from '../../../runner/run/options.ts'
import { NotedDict, Template, type Raw } from '../../../runner/value/value.ts'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { faultLine, faultsOf } from '../../support/faults.ts'

const parse = (...argv: string[]): Invocation => parseInvocation(['p.yml', ...argv], () => undefined)

const RUN: readonly (readonly [argv: string, changed: Partial<RunOptions>])[] = [
  ['', {}],
  ['-l web:!db', { limit: 'web:!db' }],
  ['--limit a --limit=b', { limit: 'b' }],
  ['-t a,b -t c', { tags: ['a', 'b', 'c'] }],
  ['--tags=a,,', { tags: ['a', ''] }],
  ['--tags=', { tags: [''] }],
  ['--limit= --start-at-task=', {}],
  ['--skip-tags x --skip-tags y,z', { skipTags: ['x', 'y', 'z'] }],
  ['--start-at-task copy*', { startAtTask: 'copy*' }],
  ['-C', { check: true }],
  ['--check --diff', { check: true, diff: true }],
  ['-CD', { check: true, diff: true }],
  ['-f 7', { forks: 7, statedForks: 7 }],
  ['--forks=1000', { forks: 1000, statedForks: 1000 }],
  ['--step --force-handlers --flush-cache', { step: true, forceHandlers: true, flushCache: true }],
  ['-M /a:/b --module-path /c', { libraryPath: ['/a', '/b', '/c'] }],
  ['--scp-extra-args=-l --sftp-extra-args=-f', {}],
  ['--lim a --start-at x', { limit: 'a', startAtTask: 'x' }],
  ['-b --become-user u --become-method sudo', { become: true, becomeUser: 'u', becomeMethod: 'sudo' }],
  ['-u me --private-key k', { remoteUser: 'me', privateKeyFile: 'k' }],
  ['--key-file k', { privateKeyFile: 'k' }],
  ['-l -1', { limit: '-1' }],
  ['-c local', { connection: 'local' }],
  ['-T 30', { connectTimeoutMs: 30_000 }],
  ['--ssh-extra-args=-v', { sshArguments: ['-v'] }],
  ['--accept-new-host-keys', { acceptNewHostKeys: true }],
  ['-v', { verbosity: 1 }],
  ['-vvv', { verbosity: 3 }],
  ['-vv --verbose', { verbosity: 3 }],
  ['-Cvvf5', { check: true, verbosity: 2, forks: 5, statedForks: 5 }],
]

t.test('what each option asks of the run', async (t) => {
  for (const [argv, changed] of RUN)
    t.strictSame(parse(...argv.split(' ').filter((word) => word !== '')).run, { ...DEFAULT_OPTIONS, extraVars: new NotedDict(), ...changed }, argv)
  t.strictSame(parse('--ssh-common-args', "-o ProxyJump=b -i '/a b'").run.sshArguments, ['-o', 'ProxyJump=b', '-i', '/a b'])
})

t.test('what else there is', async (t) => {
  t.match(
    parseInvocation(['a.yml', '-i', 'x,', 'b.yml', '--inventory-file', 'y', '--inventory=z'], () => undefined),
    {
      playbooks: [path.resolve('a.yml'), path.resolve('b.yml')],
      inventories: ['x,', 'y', 'z'],
    },
  )
  t.match(parse(), { output: 'human', showDiffs: true, instead: undefined })
  t.match(parse('--output', 'json', '--no-diff'), { output: 'json', showDiffs: false })
  for (const [argv, instead] of [
    ['--help', 'help'],
    ['-h', 'help'],
    ['--version', 'version'],
    ['--syntax-check', 'syntax-check'],
    ['--list-hosts', 'list'],
    ['--list-tasks', 'list'],
    ['--list-tags', 'list'],
  ] as const)
    t.equal(parse(argv).instead, instead, argv)
  t.strictSame(parse('--list-hosts', '--list-tags').list, { hosts: true, tasks: false, tags: true })
  t.equal(parseInvocation(['--help'], () => undefined).instead, 'help')
})

t.test('every option is among those above', async (t) => {
  const tried = [
    ...RUN.map(([argv]) => argv),
    '--ssh-common-args --inventory-file --inventory --output --no-diff --help --version --syntax-check --list-hosts --list-tasks --list-tags -e -k -K -J --vault-id --vault-password-file --connection-password-file --become-password-file',
  ].join(' ')
  for (const { long, ...option } of OPTIONS) {
    const short = 'short' in option ? option.short : undefined
    t.ok(new RegExp(`--${long}\\b`).test(tried) || (short !== undefined && new RegExp(`(^| )-[A-Za-z]*${short}`).test(tried)), long)
  }
})

function shown(raw: Raw): unknown {
  if (raw instanceof Template) return `t:${raw.text}`
  return raw instanceof NotedDict ? Object.fromEntries([...raw].map(([key, value]) => [key as string, shown(value)])) : raw
}

t.test('extra variables', async (t) => {
  const folder = t.testdir({ 'v.yml': 'a: 1\nb: {c: yes}\n', 'v.json': '{"a": "{{ x }}"}' })
  const vars = (...values: string[]): unknown => shown(parse(...values.flatMap((value) => ['-e', value])).run.extraVars)
  for (const [values, expected] of [
    [['a=1 b="x y"'], { a: '1', b: 'x y' }],
    [['a=yes', 'a=no'], { a: 'no' }],
    [['{"a": 1, "b": [true]}'], { a: 1, b: [true] }],
    [['{a: 0644, b: {c: x}}'], { a: 420, b: { c: 'x' } }],
    [[`@${folder}/v.yml`], { a: 1, b: { c: true } }],
    [[`@${folder}/v.json`, 'b={{ y }}'], { a: 't:{{ x }}', b: 't:{{ y }}' }],
    [['a=1', '{"a": 2}', 'b=3'], { a: 2, b: '3' }],
  ] as const)
    t.strictSame(vars(...values), expected, values.join(' -e '))
})

t.test('what is refused', async (t) => {
  for (const [argv, expected] of [
    [['--chekc'], 'BAD_OPTION - there is no option --chekc | Did you mean --check?'],
    [['-Z'], 'BAD_OPTION - there is no option -Z | --help lists the options.'],
    [['--ssh', 'x'], 'BAD_OPTION - --ssh may be --ssh-common-args, --ssh-extra-args | Write more of it.'],
    [['-J', '--vault-password-file', 'x'], 'BAD_OPTION - --ask-vault-pass and --vault-password-file exclude each other'],
    [['-k', '--conn-pass-file', 'x'], 'BAD_OPTION - --ask-pass and --connection-password-file exclude each other'],
    [['--vault-id', 'a@/none'], 'FILE_NOT_FOUND - there is no file /none with the vault password'],
    [['--limit'], "BAD_OPTION - Option '-l, --limit <value>' argument missing | --help lists the options."],
    [['--check=yes'], "BAD_OPTION - Option '-C, --check' does not take an argument | --help lists the options."],
    [['--forks', '0'], "BAD_OPTION - --forks is '0' | It is a whole number from 1 to 1000."],
    [['--forks', '5x'], "BAD_OPTION - --forks is '5x' | It is a whole number from 1 to 1000."],
    [['-T', '1.5'], "BAD_OPTION - --timeout is '1.5' | It is a whole number from 1 to 3600."],
    [['--output', 'xml'], "BAD_OPTION - --output is 'xml' | It is human or json."],
    [['-e', '[1]'], 'BAD_EXTRA_VARS --extra-vars:1:1 --extra-vars has to be a mapping'],
    [['-e', 'a="x'], 'BAD_ARGUMENT --extra-vars:1:1 a quote is not closed here: "'],
    [['-e', '@/none.yml'], 'FILE_NOT_FOUND - there is no file /none.yml'],
  ] as const)
    t.strictSame(
      faultsOf(() => parse(...argv)),
      [expected],
      argv.join(' '),
    )
  t.match(faultsOf(() => parse('-e', '{"a": '))[0], /^YAML_SYNTAX --extra-vars:1:/)
  t.strictSame(
    faultsOf(() => parseInvocation([], () => undefined)),
    ['BAD_OPTION - no playbook is named | usage: playline PLAYBOOK… -i INVENTORY; --help lists the options.'],
  )
})

t.test('exit codes for faults', async (t) => {
  const code = (...codes: Diagnostic['code'][]): number =>
    exitCodeOf(new DiagnosticError(codes.map((each) => ({ code: each, severity: 'error', summary: '' }))))
  t.equal(code('BAD_OPTION'), 2)
  for (const each of ['FILE_NOT_FOUND', 'UNKNOWN_ROLE', 'UNKNOWN_HANDLER', 'BAD_INVENTORY', 'UNKNOWN_HOST_PATTERN'] as const) t.equal(code(each), 1, each)
  for (const each of ['UNKNOWN_KEYWORD', 'YAML_SYNTAX', 'BAD_ARGUMENT', 'UNDEFINED_VARIABLE'] as const) t.equal(code(each), 4, each)
  t.equal(code('UNKNOWN_KEYWORD', 'UNKNOWN_ROLE'), 1)
})

t.test('what is no name=value in --extra-vars is left out, and told of', async (t) => {
  const warnings: string[] = []
  const { run } = parseInvocation(['p.yml', '-e', 'a: [1] b=2'], (warning) => warnings.push(faultLine(warning)))
  t.strictSame(run.extraVars, new NotedDict([['b', '2']]))
  t.match(warnings, ["BAD_OPTION --extra-vars:1:1 'a: [1]' of --extra-vars is no name=value, and is left out"])
})
