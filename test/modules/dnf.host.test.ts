/** For real: dnf 4.14 on a scratch host that looks like Enterprise Linux 8, from the lab's stand-ins. Needs root. */
import t from 'tap'
import module from '../../modules/package.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'el', firewalld: false })

t.test('a check says what a run installs', async (t) => {
  const args = { name: ['frr-7.5.1', 'libreswan-4.5', 'nosuch'] }
  const checked = await drive(module, args, host, { check: true })
  const done = await drive(module, args, host)
  t.strictSame(done.differs, checked.differs)
  t.strictSame(
    done.differs.map(({ path, after }) => [path.join(' '), after]),
    [
      ['packages frr', '7.5.1-1'],
      ['packages libreswan', '4.5-1'],
      ['along libyang', '1.0-1'],
    ],
  )
  t.match(done, { problem: undefined, refusals: [{ detail: 'No match for argument: nosuch' }] })
  t.strictSame((await drive(module, { name: ['frr-7.5.1', 'libreswan-4.5'] }, host)).steps, [], 'again')
})

t.test('a check leaves no trace, not even in the logs of dnf', async (t) => {
  // rpm itself touches the log of its database, and dnf notes in a package of a local repository that it has seen its checksum.
  const find =
    "find / -xdev \\( -path /run -o -path /tmp -o -path /var/log/journal -o -path '/var/lib/rpm/rpmdb.sqlite-*' -o -path /srv/playline-lab/rpm \\) -prune -o -type f -printf '%p %s %C@\\n' | sort"
  const before = await host.sh(find)
  t.match(await drive(module, { name: ['libreswan-4.6', 'nosuch'] }, host, { check: true }), { differs: [{ before: '4.5-1', after: '4.6-1' }] })
  const after = await host.sh(find)
  t.equal(after, before)
  t.match(before, /\/var\/log\/dnf\.log/, 'a run has written them')
})

t.test('versions', async (t) => {
  t.match(await drive(module, { name: 'libreswan', state: 'latest' }, host), { problem: undefined, differs: [{ before: '4.5-1', after: '4.6-1' }] })
  t.strictSame((await drive(module, { name: 'libreswan', state: 'latest' }, host)).steps, [])
  t.match(await drive(module, { name: 'libreswan-4.5' }, host), { steps: [], refusals: [{ hint: 'Add `allow_downgrade: true`.' }] })
  t.match(await drive(module, { name: 'libreswan-4.5', allow_downgrade: true }, host), { problem: undefined, differs: [{ before: '4.6-1', after: '4.5-1' }] })
})

t.test('removal, and an empty cache', async (t) => {
  t.match(await drive(module, { name: 'libyang', state: 'absent' }, host), {
    problem: undefined,
    differs: [{ path: ['packages', 'libyang'] }, { path: ['along', 'frr'], after: null }],
  })
  await host.sh('dnf --quiet clean all')
  t.match(await drive(module, { name: 'frr' }, host, { check: true }), { events: [{ name: 'update cache', target: 'dnf' }], refusals: [] })
  t.match(await drive(module, { name: 'frr' }, host), { problem: undefined, steps: [/makecache/, /--assumeno/, /--assumeyes/] })
  t.strictSame((await drive(module, { name: 'frr' }, host)).steps, [])
})
