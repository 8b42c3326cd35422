/** Reads, on every kind of /bin/sh. */
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { FileRead, FileReply, QueryRead, HostRead } from '../../../../runner/contract/resource.ts'
import type { ReadOutcome } from '../../../../runner/port/port.ts'
import { ShellPort } from '../../../../runner/port/shell/shell-port.ts'
import { scratch } from '../support/folder.ts'
import { NASTY } from '../support/nasty.ts'
import { allGone, uniqueSeconds } from '../support/processes.ts'
import { shells } from '../support/shells.ts'

t.setTimeout(180_000)

const ME = { become: undefined }
const teardown = (end: () => void) => t.teardown(end)
const folder = scratch(teardown)
const at = (name: string) => join(folder, name)
const sha = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
const file = (path: string, content: FileRead['content'] = 'bytes', maxBytes?: number): FileRead => ({
  kind: 'file',
  path,
  content,
  ...(maxBytes !== undefined && { maxBytes }),
})
const query = (...argv: [string, ...string[]]): QueryRead => ({ kind: 'query', argv })
const problem = (outcome: ReadOutcome) => ('problem' in outcome ? outcome.problem : undefined)
const stdout = (outcome: ReadOutcome) => ('reply' in outcome && 'stdout' in outcome.reply ? outcome.reply.stdout : undefined)
const state = (outcome: ReadOutcome) => ('reply' in outcome ? (outcome.reply as FileReply).state : undefined)
const summary = (outcome: ReadOutcome): unknown => {
  const found = state(outcome)
  if (!found) return problem(outcome)?.detail ?? problem(outcome)?.summary
  if (found.type !== 'file') return found
  const { sha256, sizeBytes, text, bytes } = found.content
  return { ...found, content: { sha256, sizeBytes, text, hasBytes: bytes !== undefined } }
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
writeFileSync(at('text'), 'hello\n')
writeFileSync(at('empty'), '')
writeFileSync(at('binary'), EVERY_BYTE)
writeFileSync(at('setuid'), 'x')
chmodSync(at('setuid'), 0o4755)
writeFileSync(at('closed'), 'x')
chmodSync(at('closed'), 0)
writeFileSync(at('foreign'), 'x')
chownSync(at('foreign'), 54321, 54322)
utimesSync(at('foreign'), 1_500_000_000, 1_500_000_000)
mkdirSync(at('folder'), { mode: 0o1777 })
chmodSync(at('folder'), 0o1777)
symlinkSync('nowhere at all', at('dangling'))
symlinkSync('odd\ntarget\n', at('odd link'))
symlinkSync(at('text'), at('link'))
execFileSync('mkfifo', [at('fifo')])
writeFileSync(at('big'), Buffer.alloc(3_000_000, 'b'))

for (const shell of shells(teardown)) {
  t.test(`reads with ${shell.name}`, { skip: shell.skip }, async (t) => {
    const transport = shell.transport()
    const port = new ShellPort(transport)
    t.teardown(() => port.close())
    const read = (...reads: HostRead[]) => port.read(reads, ME)

    t.test('scratch folders: what is written to them is gone', async (t) => {
      for (const name of ['one', 'two']) mkdirSync(at(`scratch-${name}`), { recursive: true })
      writeFileSync(at('scratch-one/old'), 'old')
      const script = 'cd "$1"; cat old; echo new >old; echo x >../scratch-two/new && ls . ../scratch-two; exit 3'
      const scratchFolders = [at('scratch-one'), at('scratch-two'), at('scratch-missing')]
      const dropped: QueryRead = { ...query('sh', '-c', script, 'sh', at('scratch-one')), okExitCodes: [3], scratchFolders }
      const [quiet, there] = await read(dropped, query('sh', '-c', `cat ${at('scratch-one/old')}; ls ${at('scratch-two')}; test ! -e /dev/shm/u1`))
      t.equal(stdout(quiet!), 'old.:\nold\n\n../scratch-two:\nnew\n')
      t.equal(stdout(there!), 'old')
      t.match(problem((await read({ ...query('nosuch-program'), scratchFolders }))[0]!)?.summary, /nosuch-program/)
    })

    t.test('every type of file, alone and together', async (t) => {
      const own = { owner: 'root', group: 'root' }
      const table: [FileRead, unknown][] = [
        [file(at('text')), { type: 'file', mode: '0644', ...own, content: { sha256: sha('hello\n'), sizeBytes: 6, text: 'hello\n', hasBytes: true } }],
        [file(at('empty')), { type: 'file', mode: '0644', ...own, content: { sha256: sha(''), sizeBytes: 0, text: '', hasBytes: true } }],
        [file(at('binary')), { type: 'file', mode: '0644', ...own, content: { sha256: sha(EVERY_BYTE), sizeBytes: 256, text: undefined, hasBytes: true } }],
        [
          file(at('text'), 'digest'),
          { type: 'file', mode: '0644', ...own, content: { sha256: sha('hello\n'), sizeBytes: 6, text: undefined, hasBytes: false } },
        ],
        [file(at('text'), 'none'), { type: 'file', mode: '0644', ...own, content: { sha256: '', sizeBytes: 6, text: undefined, hasBytes: false } }],
        [
          file(at('text'), 'bytes', 5),
          { type: 'file', mode: '0644', ...own, content: { sha256: sha('hello\n'), sizeBytes: 6, text: undefined, hasBytes: false } },
        ],
        [
          file(at('text'), 'bytes', 6),
          { type: 'file', mode: '0644', ...own, content: { sha256: sha('hello\n'), sizeBytes: 6, text: 'hello\n', hasBytes: true } },
        ],
        [file(at('setuid'), 'none'), { type: 'file', mode: '4755', ...own, content: { sha256: '', sizeBytes: 1, text: undefined, hasBytes: false } }],
        [file(at('closed')), { type: 'file', mode: '0000', ...own, content: { sha256: sha('x'), sizeBytes: 1, text: 'x', hasBytes: true } }],
        [
          file(at('foreign'), 'none'),
          { type: 'file', mode: '0644', owner: '54321', group: '54322', content: { sha256: '', sizeBytes: 1, text: undefined, hasBytes: false } },
        ],
        [
          file(at('big')),
          {
            type: 'file',
            mode: '0644',
            ...own,
            content: { sha256: sha(Buffer.alloc(3_000_000, 'b')), sizeBytes: 3_000_000, text: undefined, hasBytes: false },
          },
        ],
        [file(at('folder')), { type: 'directory', mode: '1777', ...own }],
        [file(at('fifo')), { type: 'other', mode: '0644', ...own }],
        [file(at('dangling')), { type: 'link', target: 'nowhere at all', ...own }],
        [file(at('odd link')), { type: 'link', target: 'odd\ntarget\n', ...own }],
        [file(at('link')), { type: 'link', target: at('text'), ...own }],
        [file(at('absent')), { type: 'absent' }],
        [file(at('no folder/absent')), { type: 'absent' }],
        [file(at('text/below a file')), { type: 'absent' }],
        [file(at('dangling/below')), { type: 'absent' }],
        [file('/'), { type: 'directory', mode: '0755', ...own }],
      ]
      for (const [one, expected] of table) t.same(summary((await read(one))[0]!), expected, `${one.path} (${one.content}) alone`)
      t.same(
        (await read(...table.map(([one]) => one))).map(summary),
        table.map(([, expected]) => expected),
        'all together',
      )
    })

    t.test('what is not compared: numbers, size, time', async (t) => {
      const [there, absent] = await read(file(at('foreign'), 'none'), file(at('absent')))
      t.same((there as { reply: FileReply }).reply.stat, {
        uid: 54321,
        gid: 54322,
        sizeBytes: 1,
        links: 1,
        atimeSeconds: 1_500_000_000,
        mtimeSeconds: 1_500_000_000,
      })
      t.equal((absent as { reply: FileReply }).reply.stat, undefined)
    })

    t.test('any name', async (t) => {
      const names = NASTY.filter((name) => name !== '' && !name.includes('/'))
      mkdirSync(at(`names-${shell.name}`))
      const paths = names.map((name) => at(`names-${shell.name}/${name}`))
      for (const path of paths) writeFileSync(path, path)
      const outcomes = await read(...paths.map((path) => file(path)), ...paths.map((path) => file(`${path}.absent`)))
      t.same(
        outcomes.slice(0, paths.length).map((outcome) => (state(outcome) as { content: { text: string } }).content.text),
        paths,
      )
      t.same(
        outcomes.slice(paths.length).map(state),
        paths.map(() => ({ type: 'absent' })),
      )
      const relative = await read(file('-absent'), file('--help'), file('-'))
      t.same(relative.map(state), [{ type: 'absent' }, { type: 'absent' }, { type: 'absent' }], 'a relative path is no option')
    })

    t.test('files of the kernel, which say that they are empty', async (t) => {
      const [version, type] = await read(file('/proc/version'), file('/sys/kernel/notes', 'digest'), file(at('text')))
      t.match((state(version!) as { content: { text: string } }).content.text, /^Linux version/)
      t.equal(problem(type!), undefined)
    })

    t.test('loops of links are a problem, not absent', async (t) => {
      execFileSync('ln', ['-sfn', at('loop2'), at('loop1')])
      execFileSync('ln', ['-sfn', at('loop1'), at('loop2')])
      const [below, other] = await read(file(at('loop1/below')), file(at('text')))
      t.match(problem(below!), { code: 'PROBE_FAILED', summary: `cannot read ${at('loop1/below')}`, detail: /levels of symbolic links|Symbolic link loop/ })
      t.equal(state(other!)!.type, 'file')
    })

    t.test('queries', async (t) => {
      t.same(await read({ ...query('sh', '-c', 'printf "a\\0b"; printf err >&2; exit 3'), okExitCodes: [0, 3] }), [
        { reply: { exitCode: 3, stdout: 'a\0b', stderr: 'err' } },
      ])
      t.equal(stdout((await read(query('printf', '%s|', ...NASTY)))[0]!), NASTY.map((word) => `${word}|`).join(''), 'argv arrives as it is')
      t.equal(stdout((await read(query('sh', '-c', 'cat; echo end')))[0]!), 'end\n', 'standard input is empty')
      t.equal(stdout((await read(query('sh', '-c', 'echo $LC_ALL')))[0]!), 'C\n')
      t.match(problem((await read(query('sh', '-c', 'echo no >&2; exit 2')))[0]!), {
        code: 'PROBE_FAILED',
        summary: "'sh -c 'echo no >&2; exit 2'' ended with exit code 2",
        detail: 'no',
      })
      t.match(problem((await read(query('playline-no-such-program')))[0]!), {
        code: 'PROBE_FAILED',
        summary: "there is no program 'playline-no-such-program' on the host",
        detail: /not found/,
      })
      t.match((await read({ ...query('playline-no-such-program'), okExitCodes: [0, 127] }))[0], { reply: { exitCode: 127 } })
      t.match((await read({ ...query('cd'), okExitCodes: [127] }))[0], { reply: { exitCode: 127 } }, 'a builtin of the shell is no program')
      t.match((await read({ ...query('sh', '-c', 'kill -TERM $$'), okExitCodes: [143] }))[0], { reply: { exitCode: 143 } })
    })

    t.test('the order of the outcomes is that of the reads', async (t) => {
      const outcomes = await read(query('echo', '1'), file(at('text')), query('echo', '2'), file(at('absent')), query('echo', '1'), file(at('text'), 'digest'))
      t.same(
        outcomes.map((outcome) => stdout(outcome) ?? state(outcome)!.type),
        ['1\n', 'file', '2\n', 'absent', '1\n', 'file'],
      )
    })

    t.test('a reply over its limit is a problem, and the rest is answered', async (t) => {
      const opened = transport.opened.length
      const outcomes = await read(
        { ...query('head', '-c', '1001', '/dev/zero'), maxBytes: 1000 },
        { ...query('head', '-c', '1000', '/dev/zero'), maxBytes: 1000 },
        { ...query('sh', '-c', 'head -c 2000 /dev/zero >&2'), maxBytes: 1000 },
        query('echo', 'on'),
      )
      t.match(outcomes.map(problem), [
        { code: 'LIMIT_EXCEEDED', summary: "'head -c 1001 /dev/zero' gave more than 1000 bytes" },
        undefined,
        { code: 'LIMIT_EXCEEDED' },
        undefined,
      ])
      t.equal(stdout(outcomes[3]!), 'on\n')
      t.equal(transport.opened.length, opened, 'in the same shell')
    })

    t.test('one that does not end is stopped, and the rest is answered by another shell', async (t) => {
      const outcomes = await read(query('echo', 'before'), { ...query('cat', '/dev/zero'), maxBytes: 1000 }, query('echo', 'after'))
      t.match(outcomes.map(problem), [undefined, { code: 'LIMIT_EXCEEDED' }, undefined])
      t.same([outcomes[0]!, outcomes[2]!].map(stdout), ['before\n', 'after\n'])
      t.ok(await allGone('cat /dev/zero'))
    })

    t.test('one that takes too long is stopped, with all that it started', async (t) => {
      const seconds = uniqueSeconds()
      const outcomes = await read(
        query('echo', 'before'),
        { ...query('sh', '-c', `sleep ${seconds} & sleep ${seconds}; echo never`), timeoutMs: 200 },
        query('echo', 'after'),
        file(at('text')),
      )
      t.match(outcomes.map(problem), [
        undefined,
        { code: 'TIMED_OUT', summary: new RegExp(`^'sh -c 'sleep ${seconds}.*' did not end within 0.2 s and was stopped$`) },
        undefined,
        undefined,
      ])
      t.same([outcomes[0]!, outcomes[2]!].map(stdout), ['before\n', 'after\n'])
      t.ok(await allGone(`sleep ${seconds}`))
    })

    t.test('batches of one user come one after the other, of different users side by side', async (t) => {
      const outcomes = await Promise.all(['1', '2', '3', '4'].map((word) => read(query('echo', word))))
      t.same(
        outcomes.map(([outcome]) => stdout(outcome!)),
        ['1\n', '2\n', '3\n', '4\n'],
      )
    })

    t.test('a shell that was ended from outside is replaced', async (t) => {
      const [killed, after] = await read({ ...query('sh', '-c', 'kill -KILL $PPID'), okExitCodes: [0, 137] }, query('echo', 'after')).catch(
        (error: unknown) => [error],
      )
      // The read is asked a second time, and ends the second shell as well.
      t.match(killed, { diagnostics: [{ code: 'CONNECTION_LOST' }] })
      t.equal(after, undefined)
      t.equal(stdout((await read(query('echo', 'alive')))[0]!), 'alive\n')
    })
  })

  t.test(`a host whose tools tell different stories, with ${shell.name}`, { skip: shell.skip }, async (t) => {
    const lies = at(`lies-${shell.name}`)
    mkdirSync(lies)
    writeFileSync(join(lies, 'cat'), '#!/bin/sh\necho something else\n', { mode: 0o755 })
    const port = new ShellPort(shell.transport({ path: lies }))
    t.teardown(() => port.close())
    const outcomes = await port.read([file(at('text')), file(at('binary')), file(at('absent'))], ME)
    t.same(
      outcomes.map((outcome) => (summary(outcome) as { content?: { sha256: string } }).content?.sha256),
      [sha('hello\n'), sha(EVERY_BYTE), undefined],
      'bytes that are not those of the digest are asked for again',
    )
  })
}

t.test('a large binary file', async (t) => {
  const shell = shells(teardown)[0]!
  const port = new ShellPort(shell.transport())
  t.teardown(() => port.close())
  const bytes = Buffer.alloc(20 * 1024 * 1024)
  for (let index = 0; index < bytes.length; index += 7) bytes[index] = index % 251
  writeFileSync(at('large'), bytes)
  const limit = 32 * 1024 * 1024
  const [alone] = await port.read([file(at('large'), 'bytes', limit)], ME)
  t.ok((state(alone!) as { content: { bytes: Buffer } }).content.bytes.equals(bytes), 'alone')
  const [together] = await port.read([file(at('large'), 'bytes', limit), file(at('text'))], ME)
  t.ok((state(together!) as { content: { bytes: Buffer } }).content.bytes.equals(bytes), 'with another')
})

t.test('what is asked for twice is sent once', async (t) => {
  const transport = shells(teardown)[0]!.transport()
  const port = new ShellPort(transport)
  t.teardown(() => port.close())
  await port.read([query('true')], ME)
  transport.sent.length = 0
  const outcomes = await port.read(
    [
      query('sh', '-c', 'echo $$'),
      file(at('text'), 'digest'),
      { ...query('sh', '-c', 'echo $$'), timeoutMs: 1 },
      file(at('text'), 'bytes'),
      file(at('text'), 'none'),
      { ...query('sh', '-c', 'echo $$'), okExitCodes: [7] },
    ],
    ME,
  )
  t.same(transport.sent, [`O b 1048576 ${at('text')} </dev/null\nQ sh -c 'echo $$' </dev/null\n`])
  t.equal(stdout(outcomes[0]!), stdout(outcomes[2]!), 'one process answered both')
  t.match(problem(outcomes[5]!), { code: 'PROBE_FAILED' }, 'each read has its own exit codes')
  t.same(
    [1, 3, 4]
      .map((index) => (state(outcomes[index]!) as { content: { sha256: string; bytes: unknown } }).content)
      .map(({ sha256, bytes }) => [sha256, bytes !== undefined]),
    [
      [sha('hello\n'), false],
      [sha('hello\n'), true],
      ['', false],
    ],
  )
})

t.test('many files cost three programs', async (t) => {
  const many = at('many')
  mkdirSync(many)
  const paths = Array.from({ length: 250 }, (_, index) => join(many, `file ${index}`))
  for (const path of paths) writeFileSync(path, path)
  const transport = shells(teardown)[0]!.transport()
  const port = new ShellPort(transport)
  t.teardown(() => port.close())
  const outcomes = await port.read(
    paths.map((path) => file(path)),
    ME,
  )
  t.same(
    outcomes.map((outcome) => (state(outcome) as { content: { text: string } }).content.text),
    paths,
  )
  t.equal(
    transport.sent
      .at(-1)!
      .split('\n')
      .filter((line) => line.startsWith('K=')).length,
    3,
    'in groups of a hundred',
  )
})

t.test('nothing to read opens nothing', async (t) => {
  const transport = shells(teardown)[0]!.transport()
  t.same(await new ShellPort(transport).read([], ME), [])
  t.same(transport.opened, [])
})
