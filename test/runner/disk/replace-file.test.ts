import { chownSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { replaceFile } from '../../../runner/disk/replace-file.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'playline-replace-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const file = path.join(folder, 'file')
const attributes = () => {
  const { mode, uid, gid } = statSync(file)
  return [(mode & 0o7777).toString(8), uid, gid]
}

t.test('a new file has the mode that is asked for, whatever the umask', async (t) => {
  replaceFile(file, 'one', { mode: 0o666 })
  t.equal(readFileSync(file, 'utf8'), 'one')
  t.same(attributes(), ['666', process.getuid!(), process.getgid!()])
})

t.test('one that is there keeps mode, owner and group, or loses them', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
  chownSync(file, 1, 2)
  chmodSync(file, 0o2750)
  replaceFile(file, Buffer.from('two'), { mode: 0o600, keepsThoseThere: true })
  t.equal(readFileSync(file, 'utf8'), 'two')
  t.same(attributes(), ['2750', 1, 2])
  replaceFile(file, 'three', { mode: 0o600 })
  t.same(attributes(), ['600', 0, 0])
})

t.test('what cannot be written is as it was, and nothing is left behind', async (t) => {
  const taken = path.join(folder, 'taken')
  mkdirSync(path.join(taken, 'inner'), { recursive: true })
  writeFileSync(path.join(taken, 'inner', 'x'), '')
  t.throws(() => replaceFile(path.join(taken, 'inner'), 'text', { mode: 0o600 }), { code: 'EISDIR' })
  t.throws(() => replaceFile(path.join(folder, 'none', 'file'), 'text', { mode: 0o600 }), { code: 'ENOENT' })
  t.same(readdirSync(taken), ['inner'])
})
