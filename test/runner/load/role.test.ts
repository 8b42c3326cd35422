import t from 'tap'
import path from 'node:path'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { Reader } from '../../../runner/load/reader.ts'
import { readVariables, variableFilesIn } from '../../../runner/load/role.ts'
import { loadFiles, type LoadedFiles } from './support.ts'

const at = { file: new SourceFile('p.yml', '- x'), start: 2, end: 3 }
const load = (files: LoadedFiles, name: string): ReturnType<LoadedFiles['roles']['load']> =>
  files.roles.load(name, { playFolder: files.folder, role: undefined, collections: [] }, at)

t.test('a role: its parts, files or folders of them', async (t) => {
  const files = loadFiles(t, {
    'p.yml': '- hosts: all',
    roles: {
      r: {
        defaults: { main: { 'b.yml': 'd: b', 'a.yml': 'd: a\ne: 1', '.hidden.yml': 'd: h', sub: { 'c.yml': 'f: 1' }, 'x.txt': 'no' } },
        vars: { 'main.yaml': 'v: 1' },
        tasks: { 'main.yml': '- debug:\n- import_tasks: more.yml', 'more.yml': '- copy:' },
        handlers: { 'main.yml': '- {name: h, debug: }' },
        meta: { 'main.yml': 'allow_duplicates: yes\ndependencies: [x, {role: y, p: 1}]\nargument_specs: {main: {options: {a: {}}}}' },
      },
      empty: {},
    },
  })
  const role = load(files, 'r')!
  t.strictSame(files.faults(), [])
  t.strictSame(Object.fromEntries(role.defaults), { e: 1, d: 'b', f: 1 })
  t.strictSame(Object.fromEntries(role.vars), { v: 1 })
  t.strictSame([role.tasks.length, role.handlers.length, role.allowsDuplicates], [2, 1, true])
  t.strictSame(
    role.dependencies.map(({ name }) => name),
    ['x', 'y'],
  )
  t.strictSame([...role.entryPoint!.options.keys()], ['a'])
  t.equal(load(files, 'r'), role, 'read once')
  t.equal(load(files, path.join(files.folder, 'roles/r'))?.folder, role.folder)
  const empty = load(files, 'empty')!
  t.strictSame([empty.tasks, empty.dependencies, empty.entryPoint, empty.allowsDuplicates], [[], [], undefined, false])
})

t.test('where a role is looked for', async (t) => {
  const files = loadFiles(t, { 'p.yml': '- hosts: all', beside: {}, shared: { a: {}, b: {} }, roles: { web: {} } })
  t.equal(load(files, 'beside')?.folder, path.join(files.folder, 'beside'))
  t.equal(load(files, 'b'), undefined)
  t.equal(
    files.roles.load('b', { playFolder: files.folder, role: load(files, path.join(files.folder, 'shared/a')), collections: [] }, at)?.name,
    'b',
    'beside the role that depends on it',
  )
  t.equal(load(files, 'wbe'), undefined)
  t.strictSame(files.faults(), ["UNKNOWN_ROLE p.yml:1:3 there is no role 'b'", "UNKNOWN_ROLE p.yml:1:3 there is no role 'wbe' | Did you mean 'web'?"])
})

t.test('faults in a role are told to everyone who names it', async (t) => {
  const files = loadFiles(t, { 'p.yml': '- hosts: all', roles: { r: { vars: { 'main.yml': '- 1' } }, s: { tasks: { 'main.yml': '- nope: 1' } } } })
  for (const name of ['r', 'r', 's', 's']) load(files, name)
  t.strictSame(
    files.faults(),
    [
      "UNKNOWN_MODULE roles/s/tasks/main.yml:1:3 'nope' is neither a keyword of a task nor a module | Did you mean 'copy'?",
      'WRONG_TYPE roles/r/vars/main.yml:1:1 a file of variables is a mapping',
      'WRONG_TYPE roles/r/vars/main.yml:1:1 a file of variables is a mapping',
      "UNKNOWN_MODULE roles/s/tasks/main.yml:1:3 'nope' is neither a keyword of a task nor a module | Did you mean 'copy'?",
    ].map((line) => line.replace(" | Did you mean 'copy'?", '')),
  )
})

t.test('files of variables', async (t) => {
  const folder = t.testdir({ 'a.yml': 'x: 1', 'empty.yml': '# none', b: { 'c.json': '{"y": 2}', 'd.yml~': '', e: 'z: 3' } })
  const reader = new Reader(() => undefined, folder)
  t.strictSame(Object.fromEntries(readVariables(reader, path.join(folder, 'a.yml'))), { x: 1 })
  t.equal(readVariables(reader, path.join(folder, 'empty.yml')).size, 0)
  t.strictSame(
    variableFilesIn(path.join(folder, 'b')).map((file) => path.basename(file)),
    ['c.json', 'e'],
  )
})
