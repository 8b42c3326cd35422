import t from 'tap'
import { summarize } from '../../scripts/tap-summary.ts'

const TAP = `TAP version 14
# Subtest: one.test.ts
    # Subtest: outer
        # Subtest: inner
            not ok 1 - compares
              ---
              diff: here
              ...
            ok 2 - is right
            1..2
        not ok 1 - inner # time=1ms
          ---
          at: there
          ...
        1..1
    not ok 1 - outer # time=2ms
    ok 2 - left out # SKIP no kernel
    not ok 3 - later # TODO
    1..3
not ok 1 - one.test.ts # time=3ms
# Subtest: two.test.ts
    ok 1 - is right
not ok 2 - timeout!
  ---
  expired: two.test.ts
  ...
ok 3 - three.test.ts
1..3
`

t.test('what stands inside a failed point is counted, or the point itself where nothing inside failed', (t) => {
  const summary = summarize(TAP)
  t.match(summary, { files: 3, passed: 3, failed: 2, skipped: 1, skips: ['left out: no kernel'] })
  t.same(summary.failures, ['one.test.ts > outer > inner > compares\n              diff: here', 'timeout!\n  expired: two.test.ts'])
  t.end()
})
