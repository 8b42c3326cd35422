/** For real, on a scratch host. Needs root. */
import t from 'tap'
import module from '../../modules/wait_for.ts'
import { ask } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
const address = (await host.sh('hostname -I')).trim().split(' ')[0]!

t.test('ports', async (t) => {
  t.strictSame((await ask(module, { port: 22, timeout: 30 }, host)).missing, [])
  t.strictSame((await ask(module, { port: 22, host: address, timeout: 30 }, host)).missing, [])
  t.match(await ask(module, { port: 23, timeout: 1 }, host), { missing: ['127.0.0.1:23 takes no connections: nothing listens there'] })
  t.match(await ask(module, { port: 23, host: address, timeout: 1 }, host), { missing: [`${address}:23 takes no connections: Connection refused`] })
  t.match(await ask(module, { port: 23, host: 'nowhere.invalid', timeout: 0 }, host), { missing: [/^nowhere\.invalid:23 takes no connections: .*name/i] })
  t.match(await ask(module, { port: 22, state: 'stopped', timeout: 0 }, host), { missing: ['127.0.0.1:22 still takes connections'] })
})

t.test('a file that comes, and goes', async (t) => {
  await host.sh(`systemd-run --quiet --no-block sh -c 'sleep 2; echo "IKE SA established, 1 tunnel" > /run/ike.log'`)
  const { missing, result, reads } = await ask(module, { path: '/run/ike.log', search_regex: '^IKE SA (?P<what>\\w+)', timeout: 20 }, host)
  t.strictSame(missing, [])
  t.match(result, { match_groupdict: { what: 'established' } })
  t.ok(reads > 1)
  t.match(await ask(module, { path: '/run/ike.log', state: 'absent', timeout: 1 }, host), { missing: ['/run/ike.log still exists'] })
  await host.sh('ln -s /nowhere /run/link')
  t.match(await ask(module, { path: '/run/link', timeout: 0 }, host), { missing: ['/run/link does not exist'] }, 'links are followed')
})
