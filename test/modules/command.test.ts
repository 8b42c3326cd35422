import { spawnSync } from 'node:child_process'
import t from 'tap'
import module from '../../modules/command.ts'
import { answer, parametersOf, simulateAction, textFile } from '../support/module.ts'

t.test('argv', async (t) => {
  const table: [string, string, string[]][] = [
    ['words', "cmd: a 'b c' \"d \\\" \\x\" e\\ f ''", ['a', 'b c', 'd " \\x', 'e f', '']],
    ['text alone', 'uptime -p', ['uptime', '-p']],
    ['a list', 'argv: [a, 1, true, "b c"]', ['a', '1', 'True', 'b c']],
    ['no shell', 'cmd: a | b > c; d && e `f` $(g) *', ['a', '|', 'b', '>', 'c;', 'd', '&&', 'e', '`f`', '$(g)', '*']],
    ['no expansion', 'argv: [a, $HOME]\nexpand_argument_vars: false', ['a', '$HOME']],
  ]
  for (const [name, args, argv] of table) {
    const [step] = simulateAction(module, args).yielded
    t.same(step?.kind === 'run' && step.argv, argv, name)
  }
})

t.test('variables are put in by sh, and nothing else is', async (t) => {
  const words = ['printf', '%s\\n', 'a\'b$A"c\\d', '${A}}', '$A$UNSET${UNSET}', '`id`$(id)$A', '~/x y', 'a~', '$1$$', '*$A']
  const [step] = simulateAction(module, `argv: ${JSON.stringify(words)}`).yielded
  const argv = step?.kind === 'run' ? step.argv : []
  const { stdout } = spawnSync(argv[0], argv.slice(1), { env: { PATH: process.env['PATH'], HOME: '/home/o p', A: 'x  $A `id` *' }, encoding: 'utf8' })
  const value = 'x  $A `id` *'
  t.same(stdout.split('\n'), [
    `a'b${value}"c\\d`,
    `${value}}`,
    `${value}$UNSET\${UNSET}`,
    `\`id\`$(id)${value}`,
    '/home/o p/x y',
    'a~',
    '$1$$',
    `*${value}`,
    '',
  ])
})

t.test('results', async (t) => {
  const run = (args: string, reply: { exitCode?: number; stdout?: string; stderr?: string }) => simulateAction(module, args, {}, { reply: () => reply }).result
  t.same(run('cmd: a b', { stdout: 'x\ny\n\n', stderr: 'z\r\n' }), {
    cmd: ['a', 'b'],
    rc: 0,
    stdout: 'x\ny',
    stdout_lines: ['x', 'y'],
    stderr: 'z',
    stderr_lines: ['z'],
    msg: '',
  })
  t.same(run('cmd: a\nstrip_empty_ends: false', { stdout: 'x\n\n' }), {
    cmd: ['a'],
    rc: 0,
    stdout: 'x\n\n',
    stdout_lines: ['x', ''],
    stderr: '',
    stderr_lines: [],
    msg: '',
  })
  t.match(run('cmd: a', { exitCode: 3, stdout: 'x' }), { rc: 3, stdout: 'x', failed: true, msg: 'non-zero return code' })
  t.match(run('cmd: a', { exitCode: 127, stderr: '/bin/sh: 7: exec: a: not found\n' }), { rc: 2, failed: true, msg: "there is no program 'a' on the host" })
  t.match(run('cmd: a', { exitCode: 127, stdout: 'x', stderr: 'sh: 1: exec: a: not found\n' }), { rc: 127 })
})

t.test('where and with what it runs', async (t) => {
  t.same(simulateAction(module, 'cmd: a\nchdir: /srv\nstdin: x').steps, ['in /srv: a < "x\\n"'])
  t.same(simulateAction(module, 'cmd: a\nstdin: x\nstdin_add_newline: false').steps, ['a < "x"'])
})

t.test('guards', async (t) => {
  const guarded = simulateAction(module, 'cmd: a\ncreates: /f', { '/f': textFile('') })
  t.same(
    [guarded.steps, guarded.skipped, guarded.result],
    [
      [],
      false,
      {
        cmd: ['a'],
        rc: 0,
        stdout: 'skipped, since /f exists',
        stdout_lines: ['skipped, since /f exists'],
        stderr: '',
        stderr_lines: [],
        msg: "Did not run command since '/f' exists",
      },
    ],
  )
  t.same(simulateAction(module, 'cmd: a\ncreates: /f').steps, ['a'])
  t.equal(simulateAction(module, 'cmd: a\nremoves: /f').result['stdout'], 'skipped, since /f does not exist')
  t.same(simulateAction(module, 'cmd: a\nremoves: /f', { '/f': textFile('') }).steps, ['a'])
  t.same(simulateAction(module, 'cmd: a\nchdir: /srv\ncreates: f').read, ['file:/srv/f'])
})

t.test('guards with patterns', async (t) => {
  const glob = (found: string) => simulateAction(module, 'cmd: a\ncreates: /srv/*/x?', { 'query:glob:/srv/*/x?': answer(found) })
  t.equal(glob('/srv/a/x1\0').guarded, true)
  t.equal(glob('/srv/.a/x1\0').guarded, false, 'a wildcard does not stand for a dot')
  t.equal(glob('').guarded, false)
  t.equal(simulateAction(module, 'cmd: a\ncreates: /.*', { 'query:glob:/.*': answer('/.x\0') }).guarded, true)
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, args), message, args)
  refuses('chdir: /x', /no command given/)
  refuses('cmd: ""', /no command given/)
  refuses('cmd: a\nargv: [a]', /only command or argv/)
  refuses('cmd: "a \'b"', /is not closed/)
  refuses('cmd: "a \\\\"', /nothing follows the backslash/)
  refuses('cmd: a\ncreates: f', /has to begin with \//)
  refuses('cmd: a\nwarn: false', /warn/)
})
