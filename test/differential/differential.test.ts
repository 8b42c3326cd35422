/** The same playbooks with Ansible and with the built program: what is not listed as deliberate has to be the same. */
import t from 'tap'
import { readCases } from './cases.ts'
import { DELIBERATE } from './deliberate.ts'
import { judge } from './judge.ts'
import { OPEN } from './open.ts'
import { Workshop } from './play.ts'

/** Ansible takes seconds a case: of the cases one in so many is played here, and all of them by `npm run differential`. */
const ONE_IN = 3

const cases = readCases()
const workshop = new Workshop()
t.teardown(() => workshop.close())
// Some 480 runs of either program; a busy machine may take its time.
t.setTimeout(3_600_000)
t.jobs = 2

t.test('the lists name cases that exist', async (t) => {
  const names = cases.map((each) => each.name)
  for (const name of [...Object.keys(DELIBERATE), ...OPEN]) t.ok(names.includes(name), name)
})

for (const each of cases.filter((_, index) => index % ONE_IN === 0)) {
  t.test(each.name, { buffered: true, timeout: 300_000 }, async (t) => {
    const { kind, lines } = await judge(each, workshop)
    t.strictSame(kind === 'wrong' ? lines : [], [])
  })
}
