/** Runs, on every kind of /bin/sh. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run, type RunStep } from '../../../../runner/contract/step.ts'
import { ShellPort } from '../../../../runner/port/shell/shell-port.ts'
import { scratch } from '../support/folder.ts'
import { NASTY } from '../support/nasty.ts'
import { allGone, eventually, processesWith, uniqueSeconds } from '../support/processes.ts'
import { refused } from '../support/refused.ts'
import { shells } from '../support/shells.ts'

t.setTimeout(180_000)

const teardown = (end: () => void) => t.teardown(end)
const folder = scratch(teardown)

t.test('a shell that shares its process group with others is ended alone', async (t) => {
  const dash = shells(teardown)[0]!
  const outer = join(folder, 'outer')
  const inner = join(folder, 'inner')
  const mark = join(folder, 'outlived')
  writeFileSync(inner, '#!/bin/sh\n/bin/dash "$@"\nexit $?\n', { mode: 0o755 })
  writeFileSync(outer, `#!/bin/sh\n${inner} "$@"\necho over >>${mark}\n`, { mode: 0o755 })
  const port = new ShellPort(dash.transport({ shell: outer }))
  t.teardown(() => port.close())
  const seconds = uniqueSeconds()
  t.match(await refused(port.run(run(['sleep', seconds], { timeoutMs: 200 }), { become: undefined })), { code: 'TIMED_OUT' })
  t.ok(await allGone(`sleep ${seconds}`))
  t.ok(
    await eventually(() => existsSync(mark) && readFileSync(mark, 'utf8') === 'over\nover\n'),
    'who shares the group of the run, and of what ended it, lives on',
  )
  t.match(
    await port.read(
      [
        { kind: 'query', argv: ['sleep', seconds], timeoutMs: 200 },
        { kind: 'query', argv: ['echo', 'on'] },
      ],
      { become: undefined },
    ),
    [{ problem: { code: 'TIMED_OUT' } }, { reply: { stdout: 'on\n' } }],
  )
  t.ok(await allGone(`sleep ${seconds}`))
})

for (const shell of shells(teardown)) {
  t.test(`runs with ${shell.name}`, { skip: shell.skip }, async (t) => {
    const transport = shell.transport({ environment: { LANG: 'de_DE.UTF-8' } })
    const port = new ShellPort(transport)
    t.teardown(() => port.close())
    const go = async (argv: [string, ...string[]], more: Omit<RunStep, 'kind' | 'argv'> = {}, environment?: Record<string, string>) => {
      const { startedAtMs, endedAtMs, ...reply } = await port.run(run(argv, more), { become: undefined, ...(environment && { environment }) })
      if (reply.notStarted === undefined) t.ok(startedAtMs! <= endedAtMs! && endedAtMs! <= Date.now() + 1, 'the times of a run')
      return reply
    }

    t.test('argv, environment and standard input arrive as they are', async (t) => {
      t.equal((await go(['printf', '%s|', ...NASTY])).stdout, NASTY.map((word) => `${word}|`).join(''))
      const environment = Object.fromEntries(NASTY.map((word, index) => [`NASTY_${index}`, word]))
      const { stdout } = await go(['env', '-0'], {}, environment)
      const seen = new Map(stdout.split('\0').map((line): [string, string] => [line.split('=')[0]!, line.replace(/^[^=]*=/s, '')]))
      t.same(Object.fromEntries(Object.keys(environment).map((name) => [name, seen.get(name)])), environment)
      const text = `a\0b\n${NASTY.join('\n')}`
      t.equal((await go(['cat'], { stdin: text })).stdout, text)
      t.equal((await go(['cat'], { stdin: '' })).stdout, '')
      t.equal((await go(['cat', '/dev/stdin'], { stdin: text })).stdout, text, 'by its name')
      t.equal((await go(['cat'])).stdout, '', 'without standard input it is empty')
    })

    t.test("the step's environment wins over the task's, and neither reaches the next program", async (t) => {
      const tool = `playline-tool-${shell.name}`
      const { stdout } = await go(['sh', '-c', 'echo $A $B $C'], { environment: { B: 'step', C: 'step' } }, { A: 'task', B: 'task' })
      t.equal(stdout, 'task step step\n')
      t.equal((await go(['sh', '-c', 'echo "[$A$B$C]"'])).stdout, '[]\n')
      t.equal((await go(['sh', '-c', 'echo "$LANG $LC_ALL"'])).stdout, 'de_DE.UTF-8 \n', 'the locale is that of the login')
      t.equal((await go([tool], {}, { PATH: folder })).exitCode, 127)
      writeFileSync(join(folder, tool), '#!/bin/sh\necho found\n', { mode: 0o755 })
      t.equal((await go([tool], {}, { PATH: `${folder}:/bin:/usr/bin` })).stdout, 'found\n', 'PATH is what the task says')
      t.match(await refused(go(['true'], {}, { 'A-B': 'x' })), { code: 'BAD_ARGUMENT' })
      t.match(await refused(go(['echo', 'a\0b'])), { code: 'BAD_ARGUMENT' })
    })

    t.test('exit codes, output, and what cannot be run', async (t) => {
      t.same(await go(['sh', '-c', 'echo out; echo err >&2; exit 7']), { exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
      t.match(await go(['playline-no-such-program']), { exitCode: 127, stderr: /not found/ })
      writeFileSync(join(folder, 'no-program'), 'x')
      t.match(await go([join(folder, 'no-program')]), { exitCode: 126, stderr: /ermission denied/ })
      t.match(await go(['cd', '/']), { exitCode: 127 }, 'a builtin of the shell is no program')
      t.same(await go(['sh', '-c', 'exit 137']), { exitCode: 137, stdout: '', stderr: '' })
      const killed = await go(['sh', '-c', 'kill -KILL $$'])
      t.same(killed, { exitCode: shell.name === 'bash' ? 137 : -9, stdout: '', stderr: '' }, 'bash does not tell a signal')
      t.same(await go(['printf', 'no newline']), { exitCode: 0, stdout: 'no newline', stderr: '' })
    })

    t.test('what was not started, where every exit code is accepted', async (t) => {
      const reason = async (argv: [string, ...string[]], more: Omit<RunStep, 'kind' | 'argv'> = {}) =>
        (await go(argv, { okExitCodes: 'any', ...more })).notStarted
      t.same(await reason(['playline-none']), { what: 'program', errno: 2, path: 'playline-none' })
      t.same(await reason(['/playline/none']), { what: 'program', errno: 2, path: '/playline/none' })
      t.same(await reason([folder]), { what: 'program', errno: 13, path: folder })
      t.same(await reason(['$NONE'], { expands: true, environment: { NONE: 'playline-none' } }), { what: 'program', errno: 2, path: 'playline-none' })
      t.same(await reason(['pwd'], { chdir: '/playline/none' }), { what: 'chdir', errno: 2, path: '/playline/none' })
      t.same(await reason(['pwd'], { chdir: '/etc/passwd' }), { what: 'chdir', errno: 20, path: '/etc/passwd' })
      t.equal(await reason(['sh', '-c', 'playline-none']), undefined, 'what a program does not find is its own affair')
      t.equal(await reason(['sh', '-c', 'echo "sh: 1: exec: x: not found" >&2; exit 127']), undefined)
    })

    t.test('variables are put in, and nothing else is', async (t) => {
      const value = 'x  $A `id` *'
      const argv: [string, ...string[]] = ['printf', '%s\\n', 'a\'b$A"c\\d', '${A}}', '$A$UNSET${UNSET}', '`id`$(id)$A', '~/x y', 'a~', '$1$$', '*$A']
      const { stdout } = await go(argv, { expands: true, environment: { HOME: '/home/o p', A: value } })
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

    t.test('a folder', async (t) => {
      const odd = join(folder, `an odd 'folder'-${shell.name}`)
      mkdirSync(odd)
      t.equal((await go(['pwd'], { chdir: odd })).stdout, `${odd}\n`)
      t.match(await refused(go(['pwd'], { chdir: '/playline/nowhere' })), {
        code: 'STEP_FAILED',
        summary: "cannot change to folder '/playline/nowhere' to run 'pwd'",
        detail: /nowhere/,
      })
    })

    t.test('a program need not read what it is given, nor wait for its end', async (t) => {
      const much = Buffer.alloc(5_000_000, 'x')
      t.equal((await go(['true'], { stdin: much })).exitCode, 0)
      t.equal((await go(['head', '-c', '3'], { stdin: much })).stdout, 'xxx')
      t.equal((await go(['wc', '-c'], { stdin: much })).stdout.trim(), '5000000')
    })

    t.test('one that reads does not eat the script', async (t) => {
      t.same(await go(['sh', '-c', 'cat >/dev/null; echo still here']), { exitCode: 0, stdout: 'still here\n', stderr: '' })
    })

    t.test('what it leaves behind keeps nobody waiting', async (t) => {
      const seconds = uniqueSeconds()
      const reply = await go(['sh', '-c', `sleep ${seconds} & echo started`])
      t.equal(reply.stdout, 'started\n')
      t.ok(processesWith(`sleep ${seconds}`).length > 0, 'it is not ended either')
      execFileSync('pkill', ['-f', `^sleep ${seconds}`])
      t.ok(await allGone(`sleep ${seconds}`))
      t.ok(await eventually(() => transport.channels() === 0), 'its channel is closed')
    })

    t.test('one that takes too long is ended with all that it started, and its last words are told', async (t) => {
      const seconds = uniqueSeconds()
      t.match(await refused(go(['sh', '-c', `echo so far; sleep ${seconds} & sleep ${seconds}`], { timeoutMs: 300 })), {
        code: 'TIMED_OUT',
        summary: /did not end within 0\.3 s and was stopped$/,
        detail: 'so far',
      })
      t.ok(await allGone(`sleep ${seconds}`))
    })

    t.test('one that takes too long has two seconds to end by itself', async (t) => {
      const mark = join(folder, `cleaned-${shell.name}`)
      t.match(await refused(go(['sh', '-c', `trap 'echo clean >${mark}; exit' TERM; while :; do sleep 0.05; done`], { timeoutMs: 300 })), { code: 'TIMED_OUT' })
      t.equal(readFileSync(mark, 'utf8'), 'clean\n')
      const seconds = uniqueSeconds()
      t.match(await refused(go(['sh', '-c', `trap '' TERM; sleep ${seconds}; sleep ${seconds}`], { timeoutMs: 100 })), { code: 'TIMED_OUT' })
      t.ok(await allGone(seconds), 'and is killed where it does not')
    })

    t.test('a secret is on no command line but its own', async (t) => {
      const secret = `hunter${uniqueSeconds()}`
      const { stdout } = await go(['sh', '-c', 'ps -eo args; true', secret], { secret: true, environment: { TOKEN: secret }, stdin: secret })
      t.same(
        stdout.split('\n').filter((line) => line.includes(secret)),
        [`sh -c ps -eo args; true ${secret}`],
      )
      const told = await refused(go(['sh', '-c', 'sleep 5', secret], { secret: true, timeoutMs: 50 }))
      t.equal(told.summary, "'sh …' did not end within 0.05 s and was stopped")
      t.notOk(JSON.stringify(told).includes(secret))
    })

    t.test('many at a time', async (t) => {
      const replies = await Promise.all(Array.from({ length: 15 }, (_, index) => go(['echo', String(index)])))
      t.same(
        replies.map((reply) => reply.stdout),
        Array.from({ length: 15 }, (_, index) => `${index}\n`),
      )
    })
  })
}
