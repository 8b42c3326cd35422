import t from 'tap'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { faultsOf } from '../../support/faults.ts'
import { isFile, isFolder, Reader } from '../../../runner/load/reader.ts'

t.test('paths are shown from the working folder, where they are in it', async (t) => {
  const reader = new Reader(() => undefined, '/w')
  t.equal(reader.shownPath('/w/a/b.yml'), 'a/b.yml')
  t.equal(reader.shownPath('/x/b.yml'), '/x/b.yml')
})

t.test('files are parsed once; what cannot be read says where it was asked for', async (t) => {
  const folder = t.testdir({ 'a.yml': 'x: 1', sub: {} })
  const reader = new Reader(() => undefined, folder)
  t.equal(reader.yaml(path.join(folder, 'a.yml')), reader.yaml(path.join(folder, 'a.yml')))
  const at = { file: new SourceFile('p.yml', '- x'), start: 2, end: 3 }
  t.strictSame(
    faultsOf(() => reader.text(path.join(folder, 'b.yml'), at)),
    ['FILE_NOT_FOUND p.yml:1:3 there is no file b.yml'],
  )
  t.strictSame(
    faultsOf(() => reader.text(path.join(folder, 'sub'), at)),
    ['FILE_UNREADABLE p.yml:1:3 sub cannot be read'],
  )
  writeFileSync(path.join(folder, 'latin1.yml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
  t.strictSame(
    faultsOf(() => reader.text(path.join(folder, 'latin1.yml'), at)),
    ['FILE_UNREADABLE p.yml:1:3 latin1.yml is not UTF-8 text'],
  )
})

t.test('a name is tried with Ansible’s endings, in their order', async (t) => {
  const folder = t.testdir({ 'main.yaml': '', main: '', 'b.json': '', 'd.yml': {} })
  const reader = new Reader(() => undefined, folder)
  t.equal(reader.find(folder, 'main'), path.join(folder, 'main.yaml'))
  t.equal(reader.find(folder, 'b'), path.join(folder, 'b.json'))
  t.equal(reader.find(folder, 'd'), undefined)
  t.ok(isFolder(folder) && !isFile(folder) && !isFile(path.join(folder, 'none')))
})
