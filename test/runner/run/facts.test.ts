import t from 'tap'
import { DiagnosticError } from '../../../runner/diagnostic/diagnostic.ts'
import { print } from '../../../runner/value/print.ts'
import type { MemoryHost } from '../../../runner/port/memory/memory-port.ts'
import { answer, type FactHost } from '../../support/fact-host.ts'
import { play, type Setup } from '../../support/playbook.ts'

const DEBIAN: FactHost = {
  files: {
    '/etc/os-release': 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\n',
    '/usr/bin/apt-get': 'x',
    '/usr/sbin/ip': 'x',
    '/sys/class/net/eth0/': '',
    '/sys/class/net/eth0/mtu': '1500\n',
  },
  programs: {
    'ip addr show': '2: eth0: <UP> mtu 1500\n    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\n',
    'ip -4 route get 8.8.8.8': '8.8.8.8 via 10.0.0.1 dev eth0 src 10.0.0.5 uid 0\n',
  },
}

/** A host of a name; `uname` counts up, to tell when it was asked. */
function host(name: string, more: MemoryHost = {}): MemoryHost {
  let asked = 0
  return {
    ...more,
    queries: (argv) => (argv.join(' ') === 'uname -s -n -r -m' ? `Linux ${name} 6.1.${asked++} x86_64\n` : answer(argv, DEBIAN)),
  }
}

const hosts = (...names: string[]): Setup => ({ hosts: Object.fromEntries(names.map((name) => [name, host(name)])) })

async function messages(playbook: string, setup: Setup = hosts('a')): Promise<unknown[]> {
  const played = await play(playbook, setup)
  if (played.results.length === 0) return played.diagnostics.map(({ summary }) => summary)
  return played.results
    .filter(({ outcome }) => !outcome.skipped && (outcome.data.has('msg') || outcome.failure || outcome.unknown !== undefined))
    .map(
      ({ host, outcome }) =>
        `${host}: ${outcome.unknown === undefined ? (outcome.failure?.message ?? print(outcome.data.get('msg') ?? null)) : `unknown, because of ${outcome.unknown}`}`,
    )
}

const debug = (message: string): string => `    - debug: { msg: "${message}" }\n`
const PLAY = '- hosts: all\n  tasks:\n'
const UNGATHERED = '- hosts: all\n  gather_facts: false\n  tasks:\n'

t.test('what templates mention is read in one round trip, at the beginning', async (t) => {
  const played = await play(
    PLAY + debug('{{ ansible_distribution }} {{ ansible_facts.hostname }}') + debug("{{ ansible_facts['default_ipv4'].address }} {{ ansible_eth0.mtu }}"),
    hosts('a'),
  )
  t.strictSame(played.story, ['Gathering Facts a: ok', 'debug a: ok', 'debug a: ok'])
  t.strictSame(
    played.results.slice(1).map(({ outcome }) => outcome.data.get('msg')),
    ['Debian a', '10.0.0.5 1500'],
  )
  t.equal(played.ports['a']!.readCalls, 1)
})

t.test('nothing is asked for more than is mentioned', async (t) => {
  const played = await play(PLAY + debug('{{ ansible_kernel }}'), hosts('a'))
  t.ok(played.ports['a']!.reads.length <= 4, JSON.stringify(played.ports['a']!.reads))
})

t.test('what is not mentioned is read when it is used', async (t) => {
  const played = await play(PLAY + debug("{{ lookup('vars', 'ansible' ~ '_service' ~ '_mgr') }}"), hosts('a'))
  t.equal(played.results[1]!.outcome.data.get('msg'), 'service')
  t.equal(played.ports['a']!.readCalls, 2)
})

t.test('without gathering there are none', async (t) => {
  t.strictSame(await messages(UNGATHERED + debug('{{ ansible_kernel }}')), ["a: 'ansible_kernel' is undefined"])
  t.strictSame(
    await messages(UNGATHERED + debug("{{ ansible_facts | length }} {{ ansible_facts.kernel is defined }} {{ ansible_kernel | default('none') }}")),
    ['a: 0 False none'],
  )
})

t.test('facts survive into later plays, until they are forgotten', async (t) => {
  const text = PLAY + debug('{{ ansible_kernel }}') + UNGATHERED + debug('{{ ansible_kernel }} {{ ansible_facts.kernel }}')
  t.strictSame(await messages(text), ['a: 6.1.0', 'a: 6.1.0 6.1.0'])
  const cleared = `${text}    - set_fact: { mine: 1 }\n    - meta: clear_facts\n${debug("{{ ansible_kernel | default('gone') }} {{ ansible_facts | length }} {{ mine }}")}`
  t.strictSame((await messages(cleared)).slice(2), ['a: gone 0 1'])
})

t.test('each play gathers anew', async (t) => {
  t.strictSame(await messages(PLAY + debug('{{ ansible_kernel }}') + PLAY + debug('{{ ansible_kernel }}')), ['a: 6.1.0', 'a: 6.1.1'])
})

t.test('as a whole', async (t) => {
  const whole = debug("{{ ansible_facts.keys() | select('in', ['kernel', 'ansible_local', 'eth0', 'local', 'module_setup']) | sort | join(' ') }}")
  t.strictSame(
    await messages(PLAY + whole + debug("{{ 'kernel' in ansible_facts }} {{ 'nonsense' in ansible_facts }} {{ (ansible_facts | dict2items | length) > 50 }}")),
    ['a: ansible_local eth0 kernel module_setup', 'a: True False True'],
  )
})

t.test('a copy stays as it is', async (t) => {
  const text = `${PLAY}    - set_fact: { before: "{{ ansible_facts }}" }\n    - setup:\n${debug('{{ before.kernel != ansible_facts.kernel }}')}`
  t.strictSame(await messages(text), ['a: True'])
})

t.test('precedence', async (t) => {
  const inventory = 'a ansible_kernel=inventory ansible_nothing=here\n'
  t.strictSame(
    await messages(PLAY + debug('{{ ansible_kernel }} {{ ansible_nothing }}'), { ...hosts('a'), inventory }),
    ['a: 6.1.0 here'],
    'facts win over the inventory',
  )
  t.strictSame(
    await messages(PLAY.replace('  tasks', '  vars: { ansible_kernel: play }\n  tasks') + debug('{{ ansible_kernel }} {{ ansible_facts.kernel }}')),
    ['a: play 6.1.0'],
  )
  const set = `${PLAY}    - set_fact: { ansible_kernel: set }\n${debug('{{ ansible_kernel }} {{ ansible_facts.kernel }}')}`
  t.strictSame(await messages(set), ['a: set 6.1.0'])
  t.strictSame(
    await messages(PLAY + debug("{{ ansible_kernel | default('none') }} {{ ansible_facts.kernel }}"), { ...hosts('a'), options: { injectFacts: false } }),
    ['a: none 6.1.0'],
  )
})

t.test('of other hosts', async (t) => {
  const first = '- hosts: b\n  tasks: []\n'
  const second = `- hosts: a\n  gather_facts: false\n  tasks:\n${debug("{{ hostvars.b.ansible_hostname }} {{ hostvars['b'].ansible_facts.default_ipv4.address }} {{ hostvars.a.ansible_hostname is defined }}")}`
  t.strictSame(await messages(first + second, hosts('a', 'b')), ['a: b 10.0.0.5 False'])
})

t.test('setup reads what it is asked for', async (t) => {
  const text = `${UNGATHERED}    - setup: { gather_subset: '!all,!min,distribution', filter: 'ansible_distribution*' }
      register: found
${debug("{{ found.ansible_facts.keys() | sort | join(' ') }}")}${debug("{{ ansible_distribution }} {{ ansible_os_family | default('filtered') }} {{ ansible_kernel | default('not read') }}")}    - setup: { filter: [kernel, '*_ipv4', gather_subset] }
      register: found
${debug("{{ found.ansible_facts.keys() | sort | join(' ') }} {{ ansible_distribution }}")}    - setup: { gather_subset: nonsense }
`
  t.strictSame(
    (await messages(text)).map((each) => String(each).replace(/ allowed: .*/, '')),
    [
      'a: ansible_distribution ansible_distribution_file_parsed ansible_distribution_file_path ansible_distribution_file_variety ansible_distribution_major_version ansible_distribution_release ansible_distribution_version',
      'a: Debian filtered not read',
      'a: ansible_default_ipv4 ansible_kernel gather_subset Debian',
      "a: Bad subset 'nonsense' given to Ansible. gather_subset options",
    ],
  )
})

t.test('a play’s own subset', async (t) => {
  const text = PLAY.replace('  tasks', "  gather_subset: ['!all', '!min', network]\n  tasks")
  t.strictSame(await messages(text + debug("{{ ansible_default_ipv4.address }} {{ ansible_kernel }} {{ ansible_user_id | default('none') }}")), [
    'a: 10.0.0.5 6.1.0 none',
  ])
})

t.test('for another host', async (t) => {
  const text = `- hosts: a\n  gather_facts: false\n  tasks:\n    - setup:\n      delegate_to: b\n      delegate_facts: true\n${debug("{{ hostvars.b.ansible_hostname }} {{ ansible_hostname | default('none') }}")}    - setup:\n      delegate_to: b\n${debug('{{ ansible_hostname }}')}`
  t.strictSame(await messages(text, hosts('a', 'b')), ['a: b none', 'a: b'])
})

t.test('in a dry run, what a predicted change may have altered is not known', async (t) => {
  const text = `${UNGATHERED}    - command: hostname other\n${PLAY}${debug('{{ ansible_os_family }}')}${debug('{{ ansible_hostname }}')}`
  t.strictSame((await messages(text, { ...hosts('a'), options: { check: true } })).slice(-2), ['a: Debian', 'a: unknown, because of TASK [command]'])
  const known = `${PLAY}    - command: hostname other\n${debug('{{ ansible_hostname }}')}`
  t.strictSame((await messages(known, { ...hosts('a'), options: { check: true } })).slice(-1), ['a: a'], 'gathered before')
})

t.test('a host that does not answer drops out', async (t) => {
  const unreachable = (): Promise<never> => Promise.reject(new DiagnosticError({ code: 'UNREACHABLE', severity: 'error', summary: 'cannot reach the host' }))
  const played = await play(PLAY + debug('{{ inventory_hostname }}'), {
    ...hosts('a', 'b'),
    port: (port, { hostName }) => (hostName === 'a' ? { read: unreachable, run: unreachable, put: unreachable, close: () => Promise.resolve() } : port),
  })
  t.strictSame(played.story, ['Gathering Facts a: unreachable', 'Gathering Facts b: ok', 'debug b: ok'])
  t.equal(played.exitCode, 4)
})
