/** For real: firewalld 1.3 on a scratch host. Needs root. */
import t from 'tap'
import module from '../../modules/firewalld.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian' })
const both = { permanent: true, immediate: true, state: 'enabled' }

/** Each keeps its promise on both sides, and a second run changes nothing; so does its opposite. */
t.test('all kinds, there and back', async (t) => {
  for (const args of [
    { port: ['500/udp', '4500/udp', '8000-8010/tcp'], source_port: '53/udp', protocol: 'esp', service: 'ipsec', icmp_block: 'echo-request' },
    { zone: 'trusted', interface: ['vti1', 'vti2'], source: ['10.1.0.0/16', '00:11:22:aa:bb:cc'] },
    { masquerade: true, icmp_block_inversion: true, port_forward: { port: 80, proto: 'tcp', toport: 8080, toaddr: '10.0.0.9' } },
    {
      rich_rule: [
        "rule family='ipv4' source not address=192.0.2.9 port protocol=tcp port=22 reject limit value=2/minute",
        'rule service name=ftp log prefix="f tp" level=info limit value=1/hour accept',
        'rule priority=5 family=ipv6 forward-port port=80 protocol=tcp to-port=8080 to-addr=fe80::1',
        'rule source mac=00:11:22:aa:bb:cc drop',
        'rule protocol value=esp mark set=0x5/0xff',
        'rule icmp-type name=echo-request audit accept',
      ],
    },
  ]) {
    for (const state of ['enabled', 'disabled']) {
      const checked = await drive(module, { ...both, ...args, state }, host, { check: true })
      const done = await drive(module, { ...both, ...args, state }, host)
      t.strictSame(done.differs, checked.differs, 'a check says the same')
      t.match(done, { problem: undefined, refusals: [] }, JSON.stringify({ ...args, state }))
      t.strictSame((await drive(module, { ...both, ...args, state }, host)).steps, [], 'again')
    }
  }
})

t.test('an interface moves', async (t) => {
  await drive(module, { zone: 'public', interface: ['ens3', 'vti1'], ...both }, host)
  t.match(await drive(module, { zone: 'trusted', interface: ['vti1'], ...both }, host), {
    problem: undefined,
    differs: [
      { before: 'public', after: 'trusted' },
      { before: 'public', after: 'trusted' },
    ],
  })
  t.match(await drive(module, { zone: 'public', forward: false, ...both }, host), { problem: undefined })
  t.strictSame((await drive(module, { zone: 'public', interface: 'ens3', forward: false, ...both }, host)).steps, [])
})

t.test('a part of a range', async (t) => {
  await drive(module, { port: '1000-1010/tcp', ...both }, host)
  t.match(await drive(module, { port: '1005/tcp', ...both, state: 'disabled' }, host), { problem: undefined })
  t.match(await drive(module, { port: '1000-1010/tcp', ...both }, host), { problem: undefined, differs: [{ before: 'partly present', after: 'present' }, {}] })
  t.strictSame((await drive(module, { port: '1001-1009/tcp', ...both }, host)).steps, [])
})

t.test('zones', async (t) => {
  t.match(await drive(module, { zone: 'vpn', state: 'present', permanent: true, target: 'ACCEPT' }, host), { problem: undefined })
  t.match(await drive(module, { zone: 'vpn', port: '1/tcp', ...both }, host), {
    problem: undefined,
    refusals: [{ summary: /does not know the zone 'vpn' yet/ }],
  })
  await host.sh('firewall-cmd --reload')
  t.match(await drive(module, { zone: 'vpn', port: '1/tcp', ...both }, host), { problem: undefined, refusals: [] })
  t.match(await drive(module, { zone: 'vpn', state: 'absent', permanent: true }, host), { problem: undefined, refusals: [] })
})

t.test('a firewalld that is not running', async (t) => {
  await host.sh('systemctl stop firewalld')
  t.match(await drive(module, { port: '7/tcp', ...both }, host), {
    problem: undefined,
    steps: ['firewall-offline-cmd --zone=public --add-port=7/tcp'],
    refusals: [{ summary: /not running/ }],
    result: { msg: /only its files/ },
  })
  t.match(await drive(module, { port: '8/tcp', ...both, offline: true }, host), { problem: undefined, refusals: [] })
  t.equal(await host.sh('systemctl is-active firewalld || true'), 'inactive\n', 'asking it does not start it')
  await host.sh('systemctl start firewalld')
  t.strictSame((await drive(module, { port: ['7/tcp', '8/tcp'], ...both }, host)).steps, [])
})
