import t from 'tap'
import { faultsOf } from '../../../support/faults.ts'
import { expandHostRange, readHostNames } from '../../../../runner/load/inventory/range.ts'

t.test('ranges, as ansible-inventory expands them', async (t) => {
  for (const [pattern, ...expected] of [
    ['h', 'h'],
    ['h[1:3]', 'h1', 'h2', 'h3'],
    ['h[01:03].x', 'h01.x', 'h02.x', 'h03.x'],
    ['h[:2]', 'h0', 'h1', 'h2'],
    ['h[1:9:4]', 'h1', 'h5', 'h9'],
    ['h[9:11]', 'h9', 'h10', 'h11'],
    ['h[y:B]', 'hy', 'hz', 'hA', 'hB'],
    ['x[0:1][a:b]', 'x0a', 'x0b', 'x1a', 'x1b'],
  ] as const)
    t.strictSame(expandHostRange(pattern, undefined), expected, pattern)
})

t.test('ranges that cannot be read are refused; one that runs backwards stands for nothing', async (t) => {
  for (const pattern of ['h[1:]', 'h[01:100]', 'h[1:9:0]', 'h[1:3', 'h[1-3]', 'h[a:3]', 'h]1', '[a]x']) {
    t.strictSame(
      faultsOf(() => expandHostRange(pattern, undefined)),
      [`BAD_INVENTORY - '${pattern}' has a range that cannot be read | Write [1:9], [01:09], [a:f] or [0:8:2].`],
    )
  }
  for (const pattern of ['h[3:1]', 'h[B:a]']) t.strictSame(expandHostRange(pattern, undefined), [], pattern)
})

t.test('a range has a limit, also in the product', async (t) => {
  for (const pattern of ['h[0:99999999999]', 'h[0:999][0:999]'])
    t.strictSame(
      faultsOf(() => expandHostRange(pattern, undefined)),
      [`LIMIT_EXCEEDED - '${pattern}' stands for more than 100000 hosts`],
    )
})

t.test('a port behind a colon', async (t) => {
  for (const [entry, names, port] of [
    ['h:2222', ['h'], 2222],
    ['1.2.3.4:22', ['1.2.3.4'], 22],
    ['h[1:2]:2022', ['h1', 'h2'], 2022],
    ['[fe80::1]:22', ['fe80::1'], 22],
    ['fe80::2', ['fe80::2'], undefined],
    ['::1', ['::1'], undefined],
    ['a:22:33', ['a:22:33'], undefined],
    ['h.x:ssh', ['h.x:ssh'], undefined],
  ] as const)
    t.strictSame(readHostNames(entry, undefined), { names, port }, entry)
})
