import t from 'tap'
import { DEFAULT_TIME_FORMAT, readTime } from '../../../modules/shared/times.ts'

t.test('times in formats', async (t) => {
  t.equal(readTime('202601311015.59', DEFAULT_TIME_FORMAT), '2026-01-31 10:15:59')
  t.equal(readTime('31.1.2026', '%d.%m.%Y'), '2026-01-31 00:00:00')
  t.equal(readTime('100% 2026', '100%% %Y'), '2026-01-01 00:00:00')
  t.throws(() => readTime('2026', DEFAULT_TIME_FORMAT), /does not have the format/)
  t.throws(() => readTime('x', '%B'), /%B is not supported/)
  t.throws(() => readTime('2026-13-01', '%Y-%m-%d'), /there is no time/)
})
