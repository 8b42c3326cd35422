import t from 'tap'
import { chmodSync } from 'node:fs'
import path from 'node:path'
import { Reader } from '../../../runner/load/reader.ts'
import { tasksOf } from '../../../runner/plan/compiled.ts'
import { findFile, readContent, searchFolders } from '../../../runner/resolve/controller.ts'
import { faultsOf } from '../../support/faults.ts'
import { compileFirst, loadFiles } from '../load/support.ts'

t.test('files of a task: its role and those that depend on it, its own folder, the play’s', async (t) => {
  const loaded = loadFiles(t, {
    'p.yml': '- hosts: all\n  roles: [outer]\n  tasks: [{import_tasks: sub/t.yml}]\n',
    roles: {
      outer: { meta: { 'main.yml': 'dependencies: [inner]' }, files: { a: 'outer', b: 'outer' } },
      inner: { tasks: { 'main.yml': '- copy:' }, files: { a: 'inner' } },
    },
    sub: { 't.yml': '- copy:', files: { a: 'sub' } },
    files: { a: 'play', c: 'play' },
  })
  const play = compileFirst(loaded)
  const reader = new Reader(() => undefined, loaded.folder)
  const [inRole, inSub] = [...tasksOf(play.sections.flat())]
  const shown = (folders: readonly string[]): string[] => folders.map((folder) => path.relative(loaded.folder, folder))
  t.strictSame(shown(searchFolders(inRole!, 'files', loaded.folder)), [
    'roles/inner/files',
    'roles/inner',
    'roles/outer/files',
    'roles/outer',
    'roles/inner/tasks/files',
    'roles/inner/tasks',
    'files',
    '',
  ])
  t.strictSame(shown(searchFolders(inSub!, 'templates', loaded.folder)), ['sub/templates', 'sub', 'templates', ''])
  const found = (name: string, task = inRole!): string => path.relative(loaded.folder, findFile(name, task, 'files', reader, undefined))
  t.strictSame(
    [found('a'), found('b'), found('c'), found('a', inSub), found(path.join(loaded.folder, 'p.yml'))],
    ['roles/inner/files/a', 'roles/outer/files/b', 'files/c', 'sub/files/a', 'p.yml'],
  )
  t.strictSame(
    faultsOf(() => found('none')),
    ["FILE_NOT_FOUND - there is no file 'none'"],
  )
  t.strictSame(
    faultsOf(() => found('/none')),
    ['FILE_NOT_FOUND - there is no file /none'],
  )
})

t.test('content and mode', async (t) => {
  const folder = t.testdir({ a: 'text' })
  chmodSync(path.join(folder, 'a'), 0o640)
  const reader = new Reader(() => undefined, folder)
  const { content, mode } = readContent(path.join(folder, 'a'), reader, undefined)
  t.strictSame([content.sizeBytes, mode], [4, '0640'])
  t.strictSame(
    faultsOf(() => readContent(path.join(folder, 'none'), reader, undefined)),
    ['FILE_UNREADABLE - none cannot be read'],
  )
})
