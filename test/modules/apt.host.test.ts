/** For real: apt 2.6 on a scratch host, from the lab's own archive. Needs root. */
import t from 'tap'
import module from '../../modules/package.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })

t.test('a check says what a run installs', async (t) => {
  const checked = await drive(module, { name: ['frr', 'nosuch'] }, host, { check: true })
  const done = await drive(module, { name: ['frr', 'nosuch'] }, host)
  t.strictSame(done.differs, checked.differs)
  t.match(done, { problem: undefined, refusals: [{ summary: "apt has no package 'nosuch'", detail: 'E: Unable to locate package nosuch' }] })
  t.ok(
    done.differs.some(({ path }) => path[0] === 'along'),
    'with what comes along',
  )
  t.match(done.differs[0], { path: ['packages', 'frr'], before: null, after: /^\d/ })
  t.strictSame((await drive(module, { name: ['frr', 'libreswan'] }, host)).problem, undefined)
  t.strictSame((await drive(module, { name: ['frr', 'libreswan'], state: 'latest' }, host)).steps, [], 'again')
})

t.test('removal takes along what needs it', async (t) => {
  const done = await drive(module, { name: 'libyang2', state: 'absent' }, host)
  t.equal(done.problem, undefined)
  t.ok(done.differs.some(({ path, after }) => path.join(' ') === 'along frr' && after === null))
  t.strictSame((await drive(module, { name: 'libyang2', state: 'absent' }, host)).steps, [])
})

t.test('where no list was ever fetched', async (t) => {
  await host.sh('rm -rf /var/lib/apt/lists/*')
  const checked = await drive(module, { name: 'frr' }, host, { check: true })
  t.match(checked, { events: [{ name: 'update cache', target: 'apt' }], refusals: [], steps: [] })
  t.equal(typeof checked.differs[0]?.after, 'symbol', 'the version is not known')
  t.equal(await host.sh('ls /var/lib/apt/lists'), '', 'a check fetches nothing')
  t.match(await drive(module, { name: ['frr', 'nosuch'] }, host), { problem: "apt has no package 'nosuch'" })
  t.match(await drive(module, { name: 'frr' }, host), { problem: undefined, steps: [] }, 'the other was installed')
})
