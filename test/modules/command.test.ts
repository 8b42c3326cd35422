import t from 'tap'
import module from '../../modules/command.ts'
import { NothingDone, type StepReply } from '../../runner/module.ts'
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

t.test('variables are put in on the host', async (t) => {
  const expands = (args: string) => simulateAction(module, args).yielded.map((step) => step.kind === 'run' && step.expands)
  t.same(expands('cmd: a $HOME'), [true])
  t.same(expands('cmd: a $HOME\nexpand_argument_vars: false'), [false])
})

t.test('results', async (t) => {
  const run = (args: string, reply: Partial<StepReply>) => simulateAction(module, args, {}, { reply: () => reply }).result
  t.same(run('cmd: a b', { stdout: 'x\ny\n\n', stderr: 'z\r\n' }), {
    cmd: ['a', 'b'],
    rc: 0,
    start: null,
    end: null,
    delta: null,
    stdout: 'x\ny',
    stdout_lines: ['x', 'y'],
    stderr: 'z',
    stderr_lines: ['z'],
    msg: '',
  })
  t.same(run('cmd: a\nstrip_empty_ends: false', { stdout: 'x\n\n' }), {
    cmd: ['a'],
    rc: 0,
    start: null,
    end: null,
    delta: null,
    stdout: 'x\n\n',
    stdout_lines: ['x', ''],
    stderr: '',
    stderr_lines: [],
    msg: '',
  })
  t.match(run('cmd: a', { exitCode: 3, stdout: 'x' }), { rc: 3, stdout: 'x', failed: true, msg: 'non-zero return code' })
  t.match(run('cmd: a', { exitCode: -9 }), { rc: -9, failed: true })
  const startedAtMs = new Date(2026, 0, 31, 10, 15, 59).getTime() + 0.5
  t.match(run('cmd: a', { startedAtMs, endedAtMs: startedAtMs + 90_061_250 }), {
    start: '2026-01-31 10:15:59.000500',
    end: '2026-02-01 11:17:00.250500',
    delta: '1 day, 1:01:01.250000',
  })
})

t.test('what could not be started', async (t) => {
  const refused = (args: string, notStarted: StepReply['notStarted']) => {
    try {
      simulateAction(module, args, {}, { reply: () => ({ exitCode: 127, notStarted: notStarted! }) })
    } catch (error) {
      if (error instanceof NothingDone) return error.result
      throw error
    }
    return undefined
  }
  t.same(refused("cmd: a 'b c'", { what: 'program', errno: 2, path: 'a' }), {
    cmd: "a 'b c'",
    rc: 2,
    stdout: '',
    stdout_lines: [],
    stderr: '',
    stderr_lines: [],
    msg: "[Errno 2] No such file or directory: b'a'",
  })
  t.match(refused('cmd: a\nchdir: /x', { what: 'chdir', errno: 13, path: '/x' }), {
    cmd: ['a'],
    rc: null,
    start: null,
    msg: "Unable to change directory before execution: [Errno 13] Permission denied: b'/x'",
  })
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
        start: null,
        end: null,
        delta: null,
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
  t.same(simulateAction(module, 'cmd: a\ncreates: f').read, ['file:./f'])
  const dry = simulateAction(module, 'cmd: a\ncreates: /f', { '/f': textFile('') }, { check: true })
  t.equal(dry.result['msg'], "Would not run command since '/f' exists")
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
  refuses('cmd: "a \'b"', /is not closed/)
  refuses('cmd: "a \\\\"', /nothing follows the backslash/)
  refuses('cmd: a\nnonsense: f', /nonsense/)
})

t.test('no command, or two', async (t) => {
  const fails = (args: string, message: string) =>
    t.throws(() => simulateAction(module, args), { message, result: { cmd: null, rc: 256, stdout: '', stderr: '', msg: message } }, args)
  for (const args of ['chdir: /x', 'cmd: ""', 'cmd: " "', 'argv: []']) fails(args, 'no command given')
  fails('cmd: a\nargv: [a]', 'only command or argv can be given, not both')
})
