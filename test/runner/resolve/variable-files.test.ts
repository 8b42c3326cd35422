import t from 'tap'
import { Reader } from '../../../runner/load/reader.ts'
import { VariableFiles } from '../../../runner/resolve/variable-files.ts'

t.test('a file or a folder named after a group or host', async (t) => {
  const folder = t.testdir({
    group_vars: {
      'a.yml': 'x: 1',
      'a.yaml': 'x: no',
      b: 'x: 2',
      c: { 'z.yml': 'x: z', 'a.json': '{"x": "a"}', sub: { 'm.yml': 'x: m' }, '.h.yml': 'x: h', 'y.yml~': 'x: no', 'n.txt': 'no' },
      'd.yml': 'x: file',
      d: { 'x.yml': 'x: folder' },
    },
    host_vars: { 'h.example.com.yml': 'x: 3' },
  })
  const files = new VariableFiles(new Reader(() => undefined, folder))
  const of = (kind: 'group_vars' | 'host_vars', name: string): unknown[] => files.of(folder, kind, name).map((vars) => vars.get('x'))
  t.strictSame(of('group_vars', 'a'), [1])
  t.strictSame(of('group_vars', 'b'), [2])
  t.strictSame(of('group_vars', 'c'), ['a', 'm', 'z'])
  t.strictSame(of('group_vars', 'd'), ['folder'])
  t.strictSame(of('host_vars', 'h.example.com'), [3])
  for (const name of ['none', '../group_vars/a', 'a\0']) t.strictSame(of('host_vars', name), [], name)
  t.equal(files.of(folder, 'group_vars', 'a'), files.of(folder, 'group_vars', 'a'), 'read once')
})
