/** Replacing files, on every kind of /bin/sh. */
import { createHash } from 'node:crypto'
import { chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Content } from '../../../../runner/contract/content.ts'
import { put, type PutStep } from '../../../../runner/contract/step.ts'
import { ShellPort } from '../../../../runner/port/shell/shell-port.ts'
import { scratch } from '../support/folder.ts'
import { NASTY } from '../support/nasty.ts'
import { eventually } from '../support/processes.ts'
import { refused } from '../support/refused.ts'
import { shells } from '../support/shells.ts'

t.setTimeout(180_000)

const teardown = (end: () => void) => t.teardown(end)
const top = scratch(teardown)
const DONE = { exitCode: 0, stdout: '', stderr: '' }

for (const shell of shells(teardown)) {
  t.test(`puts with ${shell.name}`, { skip: shell.skip }, async (t) => {
    const folder = join(top, shell.name)
    mkdirSync(folder)
    const at = (name: string) => join(folder, name)
    const transport = shell.transport()
    const port = new ShellPort(transport)
    t.teardown(() => port.close())
    const go = (name: string, content: Content, more: Partial<Omit<PutStep, 'kind' | 'path' | 'content'>> = {}) =>
      port.put(put(at(name), content, { mode: '0644', ...more }), { become: undefined })
    t.afterEach(() =>
      t.same(
        readdirSync(folder).filter((name) => name.startsWith('.playline-')),
        [],
        'no temporary file is left',
      ),
    )

    t.test('content, mode, owner and group', async (t) => {
      const binary = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256))
      t.same(await go('binary', Content.of(binary), { mode: '4750', owner: 'daemon', group: '12345' }), DONE)
      t.ok(readFileSync(at('binary')).equals(binary))
      const { mode, uid, gid } = statSync(at('binary'))
      t.same([(mode & 0o7777).toString(8), uid, gid], ['4750', 1, 12345])
      await go('empty', Content.of(''), { mode: '0600' })
      t.same([readFileSync(at('empty'), 'utf8'), statSync(at('empty')).uid], ['', 0], 'without an owner it belongs to who writes')
      await go('group only', Content.of('x'), { group: 'daemon' })
      t.same([statSync(at('group only')).uid, statSync(at('group only')).gid], [0, 1])
    })

    t.test('any name', async (t) => {
      const names = NASTY.filter((name) => name !== '' && !name.includes('/'))
      await Promise.all(names.map((name) => go(name, Content.of(name))))
      for (const name of names) t.equal(readFileSync(at(name), 'utf8'), name)
    })

    t.test('the file is another one afterwards, and nobody sees it half written', async (t) => {
      writeFileSync(at('old'), 'old content')
      chownSync(at('old'), 1, 1)
      const before = statSync(at('old')).ino
      await go('old', Content.of('new'))
      t.not(statSync(at('old')).ino, before)
      t.equal(readFileSync(at('old'), 'utf8'), 'new')
    })

    t.test('a link is replaced, not followed', async (t) => {
      writeFileSync(at('target'), 'untouched')
      mkdirSync(at('target folder'))
      symlinkSync(at('target'), at('link'))
      symlinkSync(at('target folder'), at('folder link'))
      for (const name of ['link', 'folder link']) {
        await go(name, Content.of('new'))
        t.ok(lstatSync(at(name)).isFile())
      }
      t.equal(readFileSync(at('target'), 'utf8'), 'untouched')
      t.same(readdirSync(at('target folder')), [])
    })

    t.test('what cannot be replaced', async (t) => {
      mkdirSync(at('directory'))
      t.match(await refused(go('directory', Content.of('x'))), { code: 'STEP_FAILED', summary: `cannot write ${at('directory')}: it is a directory` })
      t.match(await refused(go('nowhere/file', Content.of('x'))), {
        code: 'STEP_FAILED',
        summary: `cannot write ${at('nowhere/file')}: its folder does not exist`,
      })
      writeFileSync(at('kept'), 'kept')
      t.match(await refused(go('kept', Content.of('x'), { owner: 'no-such-user' })), {
        code: 'STEP_FAILED',
        summary: `cannot write ${at('kept')}`,
        detail: /no-such-user/,
      })
      t.equal(readFileSync(at('kept'), 'utf8'), 'kept')
    })

    t.test('validate sees the new file with its mode, and decides', async (t) => {
      writeFileSync(at('checked'), 'old')
      const reply = await go('checked', Content.of('new'), {
        validate: ['sh', '-c', 'echo "checking $1" >&2; stat -c %a "$1"; cat "$1"; exit 3', 'sh', '%s'],
        mode: '0440',
      })
      t.match(reply, { exitCode: 3, stdout: '440\nnew', stderr: new RegExp(`^checking ${folder}/\\.playline-[0-9a-f]+\n$`) })
      t.equal(readFileSync(at('checked'), 'utf8'), 'old')
      t.same(await go('checked', Content.of('new'), { validate: ['grep', '-q', 'new', '%s'] }), DONE)
      t.same(
        await go('checked', Content.of('newer'), {
          validate: ['sh', '-c', 'test "${1#--file=}" != "$1" && grep -q newer "${1#--file=}" && test "$2" = "a  b"', 'sh', '--file=%s', 'a  b'],
        }),
        DONE,
      )
      t.equal((await go('checked', Content.of('x'), { validate: ['playline-no-such-checker', '%s'] })).exitCode, 127)
      t.equal((await go('checked', Content.of('x'), { validate: ['cat', '-'] })).exitCode, 0, 'its standard input is empty')
    })

    t.test('a file of the controller', async (t) => {
      const source = join(top, `source-${shell.name}`)
      const bytes = Buffer.alloc(1_000_000, 'source')
      const digest = createHash('sha256').update(bytes).digest('hex')
      writeFileSync(source, bytes)
      await go('copied', Content.controllerFile(source, digest, bytes.length))
      t.ok(readFileSync(at('copied')).equals(bytes))
      for (const [what, changed] of [
        ['shorter', Buffer.alloc(999_999, 'source')],
        ['longer', Buffer.alloc(5_000_000, 'source')],
        ['other', Buffer.alloc(1_000_000, 'another')],
      ] as const) {
        writeFileSync(source, changed)
        t.match(
          await refused(go('copied', Content.controllerFile(source, digest, bytes.length))),
          { code: 'STEP_FAILED', summary: `cannot write ${at('copied')}: ${source} changed since the run began` },
          what,
        )
      }
      t.match(await refused(go('copied', Content.controllerFile(`${source}.gone`, digest, bytes.length))), {
        code: 'FILE_UNREADABLE',
        summary: `cannot read ${source}.gone`,
      })
      t.ok(readFileSync(at('copied')).equals(bytes))
      await t.rejects(go('copied', Content.digest(digest, 5)), /digest alone/)
    })

    t.test('several at once into one file: one of them wins whole', async (t) => {
      const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(300_000))
      await Promise.all(contents.map((content) => go('contested', Content.of(content))))
      t.ok(contents.includes(readFileSync(at('contested'), 'utf8')))
    })

    t.test('a channel that is cut leaves the old file and nothing else', async (t) => {
      writeFileSync(at('precious'), 'old')
      const source = join(top, `endless-${shell.name}`)
      symlinkSync('/dev/zero', source)
      const writing = go('precious', Content.controllerFile(source, 'f'.repeat(64), 1e12))
      t.ok(await eventually(() => readdirSync(folder).some((name) => name.startsWith('.playline-'))))
      await port.close()
      t.match(await refused(writing), { code: 'CONNECTION_LOST' })
      t.ok(await eventually(() => !readdirSync(folder).some((name) => name.startsWith('.playline-'))))
      t.equal(readFileSync(at('precious'), 'utf8'), 'old')
      t.ok(existsSync(source) && readlinkSync(source) === '/dev/zero')
    })
  })
}
