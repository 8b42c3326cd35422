import t from 'tap'
import module from '../../modules/firewalld.ts'
import { parseBusctl } from '../../modules/shared/firewalld/dbus.ts'
import { canonicalPort, coverage } from '../../modules/shared/firewalld/port.ts'
import { canonicalRule, canonicalRuleOf } from '../../modules/shared/firewalld/rich-rule.ts'
import { parseXml } from '../../modules/shared/firewalld/xml.ts'
import { answer, parametersOf, simulate, UnknownIn } from '../support/module.ts'
import { recorded } from '../support/recorded.ts'

const unit = (active: string, loaded = 'loaded') => ({ loaded, active, enabled: 'enabled' })
const services = { 'query:firewalld-services': ['ssh', 'ipsec', 'http', 'https'] }
const running = (more: Record<string, unknown> = {}) =>
  recorded('firewalld/running', { 'unit:firewalld.service': unit('active'), 'query:networkmanager-devices': answer('', 127), ...services, ...more })
const stopped = (more: Record<string, unknown> = {}) =>
  recorded('firewalld/stopped', { 'unit:firewalld.service': unit('inactive'), 'query:networkmanager-devices': answer('', 127), ...services, ...more })

const BOTH = 'permanent: true\nimmediate: true\nstate: enabled'
const PERMANENT = 'permanent: true\nstate: enabled'
const rule = 'rule family="ipv4" source NOT address="192.0.2.9" port port="22" protocol="tcp" reject type="icmp-admin-prohibited" limit value="2/m"'

t.test('from a recorded, running firewalld to steps', async (t) => {
  const table: { args: string; steps?: string[]; refusals?: string[] }[] = [
    { args: `port: 500/udp\n${BOTH}` },
    { args: `zone: public\nport: [500/UDP, "500-500/udp", 1003-1005/tcp]\n${BOTH}` },
    { args: 'port: 500/udp\nstate: enabled' },
    { args: 'port: [500/udp, 4500/udp, 4501/udp]\nstate: enabled', steps: ['firewall-cmd --zone=public --add-port=4500/udp --add-port=4501/udp'] },
    {
      args: `port: 4500/udp, 22/tcp\nservice: [ssh, ipsec]\n${BOTH}`,
      steps: [
        'firewall-cmd --permanent --zone=public --add-port=4500/udp --add-port=22/tcp',
        'firewall-cmd --permanent --zone=public --add-service=ipsec',
        'firewall-cmd --zone=public --add-port=4500/udp --add-port=22/tcp',
        'firewall-cmd --zone=public --add-service=ipsec',
      ],
    },
    { args: `port: 500/udp\n${PERMANENT.replace('enabled', 'disabled')}`, steps: ['firewall-cmd --permanent --zone=public --remove-port=500/udp'] },
    { args: 'port: [501/udp, 2000-2010/tcp]\nstate: disabled' },
    { args: 'port: 1005-2000/tcp\nstate: disabled', steps: ['firewall-cmd --zone=public --remove-port=1005-2000/tcp'] },
    {
      args: `rich_rule: rule family='ipv4' source not address=192.0.2.9 port protocol=tcp port=22 reject type=icmp-admin-prohibited limit value=2/minute\n${BOTH}`,
    },
    {
      args: `rich_rule: ${rule.replace('2/m', '3/m')}\nstate: enabled`,
      steps: [`firewall-cmd --zone=public ${JSON.stringify(`--add-rich-rule=${rule.replace('2/m', '3/m')}`)}`],
    },
    { args: `zone: trusted\ninterface: vti1\n${BOTH}` },
    {
      args: `interface: [vti1, vti2]\n${BOTH}`,
      steps: [
        'firewall-cmd --permanent --zone=public --change-interface=vti1 --change-interface=vti2',
        'firewall-cmd --zone=public --change-interface=vti1 --change-interface=vti2',
      ],
    },
    // In another zone: that is not taken away.
    { args: `interface: vti1\n${BOTH.replace('enabled', 'disabled')}` },
    {
      args: `zone: trusted\ninterface: vti1\n${PERMANENT.replace('enabled', 'disabled')}`,
      steps: ['firewall-cmd --permanent --zone=trusted --remove-interface=vti1'],
    },
    { args: `zone: internal\nsource: 10.1.0.0/16\n${BOTH}` },
    { args: `zone: trusted\nsource: 10.1.0.0/16\nstate: enabled`, steps: ['firewall-cmd --zone=trusted --change-source=10.1.0.0/16'] },
    {
      args: `masquerade: true\nforward: true\nprotocol: esp\nicmp_block: echo-request\nsource_port: 53/udp\nport_forward: { port: 80, proto: tcp, toport: 8080, toaddr: 10.0.0.9 }\n${BOTH}`,
    },
    {
      args: 'forward: false\nmasquerade: "no"\nstate: enabled',
      steps: ['firewall-cmd --zone=public --remove-masquerade', 'firewall-cmd --zone=public --remove-forward'],
    },
    { args: 'masquerade: true\nstate: disabled', steps: ['firewall-cmd --zone=public --remove-masquerade'] },
    { args: 'icmp_block_inversion: true\nstate: enabled\ntimeout: 60', steps: ['firewall-cmd --zone=public --add-icmp-block-inversion --timeout=60'] },
    { args: `zone: dmz\ntarget: DROP\n${PERMANENT}` },
    { args: `zone: dmz\ntarget: DROP\n${PERMANENT.replace('enabled', 'disabled')}`, steps: ['firewall-cmd --permanent --zone=dmz --set-target=default'] },
    { args: 'zone: vpn\nstate: present\npermanent: true' },
    { args: 'zone: vpn\nstate: absent\npermanent: true', steps: ['firewall-cmd --permanent --delete-zone=vpn'] },
    { args: 'zone: dmz\nstate: absent\npermanent: true', refusals: ["the zone 'dmz' is firewalld's own: it cannot be deleted"] },
    {
      args: `service: [ssh, htpp]\nport: 1/tcp\nstate: enabled`,
      steps: ['firewall-cmd --zone=public --add-port=1/tcp'],
      refusals: ["firewalld knows no service 'htpp'"],
    },
    {
      args: `zone: vpn\nport: 1/tcp\n${BOTH}`,
      steps: ['firewall-cmd --permanent --zone=vpn --add-port=1/tcp'],
      refusals: ["the running firewalld does not know the zone 'vpn' yet"],
    },
  ]
  for (const { args, steps = [], refusals = [] } of table) {
    const got = simulate(module, args, running())
    t.strictSame({ steps: got.steps, refusals: got.refusals.map(({ summary }) => summary) }, { steps, refusals }, args.replaceAll('\n', ', '))
  }
  const absent = { 'query:firewalld-running:trustd': answer('', 1, 'Call failed: INVALID_ZONE: trustd') }
  t.match(simulate(module, `zone: trustd\nport: 1/tcp\n${PERMANENT}`, running(absent)).refusals, [
    { summary: "firewalld has no zone 'trustd'", hint: "Did you mean 'trusted'?" },
  ])
  const made = { 'query:firewalld-running:new': answer('', 1, 'Call failed: INVALID_ZONE: new') }
  t.strictSame(simulate(module, 'zone: new\nstate: present\npermanent: true\ntarget: ACCEPT', running(made)).steps, [
    'firewall-cmd --permanent --new-zone=new',
    'firewall-cmd --permanent --zone=new --set-target=ACCEPT',
  ])
})

t.test('what a diff names', async (t) => {
  const seen: string[] = []
  simulate(
    module,
    `port: 500/udp\ninterface: vti9\nmasquerade: true\nrich_rule: rule protocol value=esp accept\n${BOTH}`,
    ((host) => (leaf) => {
      if (/^(permanent|runtime)$/.test(leaf.path[0]!)) seen.push(leaf.probe.label!)
      return typeof host === 'function' ? host(leaf) : undefined
    })(running()),
  )
  t.strictSame(seen, [
    'public port 500/udp (permanent)',
    'public rule protocol value="esp" accept (permanent)',
    'interface vti9 (permanent)',
    'public masquerade (permanent)',
    'public port 500/udp (running)',
    'public rule protocol value="esp" accept (running)',
    'interface vti9 (running)',
    'public masquerade (running)',
  ])
  t.strictSame(
    simulate(module, `port: 4500/udp\n${PERMANENT}`, running()).differs.map(({ before, after }) => [before, after]),
    [['absent', 'present']],
  )
  t.strictSame(
    simulate(module, `port: 1005-1020/tcp\ninterface: vti1\n${PERMANENT}`, running()).differs.map(({ before, after }) => [before, after]),
    [
      ['partly present', 'present'],
      ['trusted', 'public'],
    ],
  )
})

t.test('a firewalld that is not running', async (t) => {
  const table: { args: string; steps?: string[]; refusals?: string[] }[] = [
    { args: `port: 500/udp\n${PERMANENT}` },
    { args: `port: [4500/udp, 4501/udp]\n${PERMANENT}`, steps: ['firewall-offline-cmd --zone=public --add-port=4500/udp --add-port=4501/udp'] },
    { args: 'port: 4500/udp\nstate: enabled', refusals: ['firewalld is not running: nothing can be set at once'] },
    {
      args: `port: 4500/udp\n${BOTH}`,
      steps: ['firewall-offline-cmd --zone=public --add-port=4500/udp'],
      refusals: ['firewalld is not running: nothing can be set at once'],
    },
    { args: `port: 4500/udp\noffline: true\n${BOTH}`, steps: ['firewall-offline-cmd --zone=public --add-port=4500/udp'] },
    { args: 'zone: new\nstate: present\npermanent: true', steps: ['firewall-offline-cmd --new-zone=new'] },
  ]
  for (const { args, steps = [], refusals = [] } of table) {
    const got = simulate(module, args, stopped({ 'query:firewalld-running:new': 'stopped' }))
    t.strictSame({ steps: got.steps, refusals: got.refusals.map(({ summary }) => summary) }, { steps, refusals }, args.replaceAll('\n', ', '))
  }
  const { result, refusals } = simulate(module, `port: 4500/udp\n${BOTH}`, stopped())
  t.match(result, { msg: /firewalld is not running: only its files were set/ })
  t.match(refusals, [{ hint: /Start it first, or set `offline: true`/ }])
  t.match(simulate(module, 'port: 1/tcp\nstate: enabled', stopped({ 'unit:firewalld.service': unit('inactive', 'not-found') })).refusals, [
    { summary: 'firewalld is not installed' },
  ])
  t.throws(() => simulate(module, 'port: 1/tcp\nstate: enabled', running({ 'query:firewalld-running:public': answer('', 1, 'Call failed: Access denied') })), {
    message: 'firewalld does not answer: Call failed: Access denied',
  })
})

t.test('a dry run after other tasks', async (t) => {
  const started = stopped({ 'unit:firewalld.service': unit('active') })
  const { differs, refusals } = simulate(module, `port: [500/udp, 4500/udp]\n${BOTH}`, started, { check: true })
  t.strictSame(refusals, [])
  t.strictSame(
    differs.map(({ path, before, after }) => [path.join(' '), before, after]),
    [
      ['permanent port 4500/udp', 'absent', 'present'],
      ['runtime port 4500/udp', 'firewalld is not running', 'present'],
    ],
    'one that a task before would start takes up what its files say',
  )
  const stoppedByTask = simulate(module, `port: 4500/udp\n${BOTH}`, running({ 'unit:firewalld.service': unit('inactive') }), { check: true })
  t.match(stoppedByTask.refusals, [{ summary: 'firewalld is not running: nothing can be set at once' }])

  const unknown = new UnknownIn('TASK [install firewalld]')
  const installed = simulate(
    module,
    `port: 500/udp\n${BOTH}`,
    ((host) => (leaf) => (leaf.probe.resource.startsWith('unit:firewalld.service') ? unknown : typeof host === 'function' ? host(leaf) : undefined))(stopped()),
    { check: true },
  )
  t.ok(installed.read.includes('unit:firewalld.service public permanent port 500/udp'), 'what the files of a firewalld to come say is as unknown as its unit')
  t.match(
    installed.after,
    { permanent: { 'port 500/udp': 'present' }, runtime: { 'port 500/udp': 'present' } },
    'what is wanted is known after the package is installed',
  )

  const madeBefore = { 'query:firewalld new permanent zone': 'present', 'query:firewalld-running:new': 'no such zone' }
  t.strictSame(simulate(module, `zone: new\nport: 1/tcp\n${PERMANENT}`, running(madeBefore)).refusals, [], 'a zone that a task before would make is there')
  t.strictSame(
    simulate(module, `port: 3000-3010/tcp\n${PERMANENT}`, running()).affects,
    ['query:firewalld public permanent port *', 'query:firewalld public permanent source port *'],
    'a range says something of other ports',
  )
})

t.test('NetworkManager keeps the zone of what it manages', async (t) => {
  const device = (name: string, state: string, uuid: string) => `GENERAL.DEVICE:${name}\nGENERAL.STATE:${state}\nGENERAL.CON-UUID:${uuid}\n\n`
  const devices = {
    'query:networkmanager-devices': answer(
      device('ens3', '100 (connected)', '1f2a') + device('vti1', '100 (connected (externally))', '77') + device('lo', '10 (unmanaged)', ''),
    ),
  }
  const zone = (name: string) => ({ ...devices, 'query:firewalld permanent interface ens3': answer(`${name}\n`) })
  const args = `zone: trusted\ninterface: ens3\n${PERMANENT}`
  t.strictSame(simulate(module, args, running(zone('trusted'))).steps, [])
  t.strictSame(simulate(module, args, running(zone('public'))).differs, [{ path: ['permanent', 'interface ens3'], before: 'public', after: 'trusted' }])
  t.strictSame(simulate(module, args, running(zone(''))).differs, [{ path: ['permanent', 'interface ens3'], before: 'in no zone', after: 'trusted' }])
  t.strictSame(simulate(module, `zone: trusted\ninterface: vti1\n${PERMANENT}`, running(devices)).steps, [], 'what it only found is in the files')
})

t.test('rich rules', async (t) => {
  const table: [written: string, canonical: string][] = [
    [
      "rule family='ipv4' source not address=192.0.2.9 port protocol=tcp port=22 reject limit value=2/minute",
      'rule family="ipv4" source NOT address="192.0.2.9" port port="22" protocol="tcp" reject limit value="2/m"',
    ],
    ['rule  accept  service name=ftp source address=192.0.2.0/24', 'rule source address="192.0.2.0/24" service name="ftp" accept'],
    ['rule priority=0 protocol value=esp accept', 'rule protocol value="esp" accept'],
    ['rule priority="-5" family="ipv6" source address="fe80::/64" invert="True" drop', 'rule priority="-5" family="ipv6" source NOT address="fe80::/64" drop'],
    [
      'rule service name="http" log prefix="a b" level=info limit value="1/hour" audit limit value="3/d" accept',
      'rule service name="http" log prefix="a b" level="info" limit value="1/h" audit limit value="3/d" accept',
    ],
    ['rule source mac=00:11:22:aa:bb:cc drop', 'rule source mac="00:11:22:AA:BB:CC" drop'],
    ['rule protocol value=esp mark set="0x5/0xff"', 'rule protocol value="esp" mark set=0x5/0xff'],
    [
      'rule family=ipv6 forward-port port=80 protocol=tcp to-addr=fe80::1 to-port=8080',
      'rule family="ipv6" forward-port port="80" protocol="tcp" to-port="8080" to-addr="fe80::1"',
    ],
    ['rule family=ipv4 masquerade', 'rule family="ipv4" masquerade'],
  ]
  for (const [written, canonical] of table) {
    t.equal(canonicalRule(written), canonical)
    t.equal(canonicalRule(canonical), canonical, 'as it is')
  }
  for (const [wrong, message] of [
    ['family=ipv4 accept', /begin with 'rule'/],
    ['rule foo', /'foo' is no part/],
    ['rule service port=1 accept', /'port' cannot stand there/],
    ['rule service name=a port port=1 protocol=tcp', /exclude each other/],
    ['rule limit value=1/m', /has to follow/],
    ['rule', /says nothing/],
  ] as const) {
    t.throws(() => canonicalRule(wrong), { message }, wrong)
  }
  const xml = `<zone><rule family="ipv6" priority="5"><source invert="True" address="fe80::/64"/><service name="ftp"/><log prefix="f tp" level="info"><limit value="1/m"/></log><reject type="x"><limit value="2/h"/></reject></rule></zone>`
  t.equal(
    canonicalRuleOf(parseXml(xml).children[0]!),
    'rule priority="5" family="ipv6" source NOT address="fe80::/64" service name="ftp" log prefix="f tp" level="info" limit value="1/m" reject type="x" limit value="2/h"',
  )
})

t.test('ports', async (t) => {
  t.equal(canonicalPort(' 1000-1000/TCP '), '1000/tcp')
  for (const wrong of ['ssh/tcp', '0/tcp', '70000/udp', '20-10/tcp', '22', '22/icmp']) t.throws(() => canonicalPort(wrong), wrong)
  t.equal(coverage('1000-1010/tcp', ['1000-1004/tcp', '1005/tcp', '1006-1020/tcp']), 'present')
  t.equal(coverage('1000-1010/tcp', ['1000-1004/tcp', '1006-1010/tcp']), 'partly present')
  t.equal(coverage('1000/tcp', ['1000/udp']), 'absent')
})

t.test('replies of D-Bus', async (t) => {
  t.strictSame(parseBusctl('a{sv} 3 "a b" s "say \\"x\\"\\n\\303\\251" "ports" a(ss) 2 "500" "udp" "1-2" "tcp" "on" b true\n'), [
    {
      'a b': 'say "x"\né',
      ports: [
        ['500', 'udp'],
        ['1-2', 'tcp'],
      ],
      on: true,
    },
  ])
  t.strictSame(parseBusctl('a{sa{sas}} 1 "trusted" 1 "interfaces" 2 "vti1" "vti2"'), [{ trusted: { interfaces: ['vti1', 'vti2'] } }])
  t.strictSame(parseBusctl('as 0'), [[]])
  t.throws(() => parseBusctl('as 2 "a"'), { message: /less than/ })
  t.throws(() => parseBusctl('s "a" "b"'), { message: /more than/ })
})

t.test('files of zones', async (t) => {
  t.strictSame(parseXml(`<?xml version="1.0"?>\n<!-- <a/> --><zone target='DROP'><short>A &lt; B</short><port port="1" protocol="tcp"/></zone>`), {
    name: 'zone',
    attributes: { target: 'DROP' },
    children: [
      { name: 'short', attributes: {}, children: [] },
      { name: 'port', attributes: { port: '1', protocol: 'tcp' }, children: [] },
    ],
  })
  t.throws(() => parseXml('<zone><port></zone>'))
  t.throws(() => parseXml('no xml'))
})

t.test('parameters', async (t) => {
  for (const [args, message] of [
    ['state: enabled', /nothing is named/],
    ['port: 1/tcp', /state/],
    ['port: ssh/tcp\nstate: enabled', /PORT\/PROTOCOL/],
    ['rich_rule: rule foo\nstate: enabled', /'foo' is no part/],
    ['zone: x\nstate: present', /permanently/],
    ['zone: x\nstate: present\npermanent: true\nport: 1/tcp', /for a zone alone/],
    ['state: present\npermanent: true', /for a zone alone/],
    ['port: 1/tcp\nstate: enabled\npermanent: true\ntimeout: 5', /cannot end by itself/],
    ['target: DROP\nstate: enabled', /permanently/],
    ['port: 1/tcp\nstate: enabled\nicmp: x', /icmp/],
  ] as const) {
    t.throws(() => parametersOf(module, args), { message }, args)
  }
})
