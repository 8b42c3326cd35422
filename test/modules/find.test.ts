import t from 'tap'
import module from '../../modules/find.ts'
import { Content, Float } from '../../runner/module.ts'
import { answer, parametersOf, simulateRead, textFile } from '../support/module.ts'

const line = (path: string, type: string, more: { leadsTo?: string; size?: number; mtime?: number; depth: number }) =>
  `${type} ${more.leadsTo ?? type} ${type === 'd' ? '755' : '644'} 0 0 ${more.size ?? 10} 1 2 1 5.5 ${more.mtime ?? 1000} 7 root root ${more.depth} ${path}\0`

const TREE = answer(
  [
    line('/a', 'd', { depth: 0 }),
    line('/a/sub', 'd', { depth: 1 }),
    line('/a/sub/deep.conf', 'f', { depth: 2, mtime: 9000 }),
    line('/a/one.conf', 'f', { depth: 1 }),
    line('/a/two.txt', 'f', { depth: 1, size: 5000 }),
    line('/a/.hidden.conf', 'f', { depth: 1 }),
    line('/a/link', 'l', { depth: 1, leadsTo: 'f' }),
  ].join(''),
)
const host = (leaf: { probe: { resource: string } }) => {
  const { resource } = leaf.probe
  if (resource.startsWith('query:find:')) return TREE
  if (resource === 'query:now') return answer('10000.5\n')
  if (resource === 'file:/a/one.conf') return textFile('key = 1\n')
  if (resource === 'file:/a/two.txt') return textFile('other\nthe key\n')
  if (resource === 'query:sha1:/a/one.conf') return answer('abc  /a/one.conf\n')
  return { type: 'file', mode: '0644', owner: 'root', group: 'root', content: Content.of(Buffer.from([0])) }
}
const found = (args: string): string[] => (simulateRead(module, `paths: /a\n${args}`, host).result['files'] as { path: string }[]).map(({ path }) => path)

t.test('what is found, in its order', async (t) => {
  const table: [string, string[]][] = [
    ['recurse: true', ['/a/one.conf', '/a/two.txt', '/a/sub/deep.conf']],
    ['recurse: true\nhidden: true', ['/a/one.conf', '/a/two.txt', '/a/.hidden.conf', '/a/sub/deep.conf']],
    ['recurse: true\ndepth: 1', ['/a/one.conf', '/a/two.txt']],
    ["recurse: true\npatterns: '*.conf'", ['/a/one.conf', '/a/sub/deep.conf']],
    ["recurse: true\npatterns: '*.conf,t?o.*'\nexcludes: deep*", ['/a/one.conf', '/a/two.txt']],
    ["recurse: true\nuse_regex: true\npatterns: '^[ot]'", ['/a/one.conf', '/a/two.txt']],
    ["recurse: true\npatterns: '[!o]*'", ['/a/two.txt', '/a/sub/deep.conf']],
    ['recurse: true\nfile_type: directory', ['/a/sub']],
    ['file_type: link', ['/a/link']],
    ['recurse: true\nfile_type: any', ['/a/one.conf', '/a/two.txt', '/a/link', '/a/sub', '/a/sub/deep.conf']],
    ['recurse: true\nage: 2h', ['/a/one.conf', '/a/two.txt']],
    ['recurse: true\nage: -2h', ['/a/sub/deep.conf']],
    ['recurse: true\nsize: 1k', ['/a/two.txt']],
    ['recurse: true\nsize: -1k', ['/a/one.conf', '/a/sub/deep.conf']],
    ['contains: key', ['/a/one.conf']],
    ['contains: key$\nread_whole_file: true', ['/a/two.txt']],
    ['contains: key\nread_whole_file: true', ['/a/one.conf', '/a/two.txt']],
  ]
  for (const [args, paths] of table) t.same(found(args), paths, args)
})

t.test('what is told', async (t) => {
  const { result } = simulateRead(module, 'paths: /a\npatterns: one*\nget_checksum: true', host)
  t.match(result, { matched: 1, examined: 6, msg: 'All paths examined', skipped_paths: {} })
  t.match(result['files'], [{ path: '/a/one.conf', mode: '0644', isreg: true, islnk: false, size: 10, mtime: new Float(1000), atime: new Float(5.5), pw_name: 'root', checksum: 'abc', rusr: true, xusr: false }]) // prettier-ignore
  const missing = simulateRead(module, 'paths: /none', () => answer('', 1, 'find: no such file')).result
  t.match(missing, { matched: 0, skipped_paths: { '/none': "'/none' is not a directory" }, msg: 'Not all paths examined, check warnings for details' })
})

t.test('parameters', async (t) => {
  for (const args of ['age: 5y', 'size: big', "contains: '('", "use_regex: true\npatterns: '('"])
    t.throws(() => parametersOf(module, `paths: /a\n${args}`), /failed to process|not valid or not supported/, args)
})
