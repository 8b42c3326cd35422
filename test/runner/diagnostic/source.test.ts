import t from 'tap'
import { formatPosition, SourceFile } from '../../../runner/diagnostic/source.ts'

t.test('lines and columns, both from 1', async (t) => {
  const file = new SourceFile('f', 'ab\r\n\ncd')
  for (const [offset, line, column] of [
    [0, 1, 1],
    [1, 1, 2],
    [3, 1, 4],
    [4, 2, 1],
    [5, 3, 1],
    [7, 3, 3],
  ] as const)
    t.strictSame(file.position(offset), { line, column }, String(offset))
  t.strictSame(
    [0, 1, 2, 3, 4].map((number) => file.line(number)),
    ['', 'ab', '', 'cd', ''],
  )
  t.equal(formatPosition({ file, start: 6, end: 7 }), 'f:3:2')
  t.strictSame(new SourceFile('e', '').position(0), { line: 1, column: 1 })
})
