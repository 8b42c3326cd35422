import t from 'tap'
import module from '../../modules/sysctl.ts'
import { StepFailure, UnknownStateError } from '../../runner/module.ts'
import { UnknownIn, answer, folder, link, parametersOf, simulate, textFile } from '../support/module.ts'

const CONF = '/etc/sysctl.conf'
const etc = { '/etc': folder() }
const live = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).map(([key, value]) => [`sysctl:${key}`, answer(`${value}\n`)]))
const NAMES = { 'query:sysctl-names': answer('kernel.unknown_nmi_panic\nnet.ipv4.ip_forward\n') }

t.test('the running kernel and the file', async (t) => {
  const forward = 'name: net.ipv4.ip_forward\nvalue: 1'
  const table: { name: string; args: string; before: Record<string, unknown>; steps: string[]; text?: string }[] = [
    {
      name: 'both',
      args: forward,
      before: { ...etc, ...live({ 'net.ipv4.ip_forward': '0' }) },
      steps: ['sysctl -q -w net.ipv4.ip_forward=1', `put ${CONF} 0644 root:root`],
      text: 'net.ipv4.ip_forward=1\n',
    },
    { name: 'neither', args: forward, before: { [CONF]: textFile('net.ipv4.ip_forward = 1\n'), ...live({ 'net.ipv4.ip_forward': '1' }) }, steps: [] },
    {
      name: 'only the kernel',
      args: forward,
      before: { [CONF]: textFile('net.ipv4.ip_forward=1'), ...live({ 'net.ipv4.ip_forward': '0' }) },
      steps: ['sysctl -q -w net.ipv4.ip_forward=1'],
    },
    {
      name: 'only the file',
      args: `${forward}\nreload: false`,
      before: { [CONF]: textFile('# a\n') },
      steps: [`put ${CONF} 0644 root:root`],
      text: '# a\nnet.ipv4.ip_forward=1\n',
    },
    {
      name: 'the kernel without reload',
      args: `${forward}\nreload: false\nsysctl_set: true`,
      before: { [CONF]: textFile('net.ipv4.ip_forward=1\n'), ...live({ 'net.ipv4.ip_forward': '0' }) },
      steps: ['sysctl -q -w net.ipv4.ip_forward=1'],
    },
    {
      name: 'spellings, comments, duplicates',
      args: forward,
      before: {
        [CONF]: textFile('# net.ipv4.ip_forward=0\nnet/ipv4/ip_forward=0\n; x\n- net.ipv4.ip_forward = 0 \nother = 5'),
        ...live({ 'net.ipv4.ip_forward': '1' }),
      },
      steps: [`put ${CONF} 0644 root:root`],
      text: '# net.ipv4.ip_forward=0\n; x\n-net.ipv4.ip_forward=1\nother = 5',
    },
    {
      name: 'several numbers',
      args: 'name: net.ipv4.tcp_rmem\nvalue: "4096\\t131072  6291456"',
      before: { [CONF]: textFile('net.ipv4.tcp_rmem = 4096 131072\t6291456\n'), ...live({ 'net.ipv4.tcp_rmem': '4096\t131072\t6291456' }) },
      steps: [],
    },
    {
      name: 'a word for true',
      args: 'name: net.ipv4.ip_forward\nvalue: yes',
      before: { [CONF]: textFile('net.ipv4.ip_forward=1\n'), ...live({ 'net.ipv4.ip_forward': '1' }) },
      steps: [],
    },
    {
      name: 'an interface with a dot',
      args: 'name: net/ipv4/conf/eth0.100/forwarding\nvalue: 1\nreload: false',
      before: { [CONF]: textFile('net.ipv4.conf.eth0/100.forwarding=1\n') },
      steps: [],
    },
    {
      name: 'through a link',
      args: `${forward}\nsysctl_file: /etc/l\nreload: false`,
      before: { '/etc/l': link('sysctl.conf'), [CONF]: textFile('', { mode: '0600' }) },
      steps: [`put ${CONF} 0600 root:root`],
    },
    {
      name: 'absent',
      args: 'name: net.ipv4.ip_forward\nstate: absent',
      before: { [CONF]: textFile('a=1\nnet/ipv4/ip_forward=1\nnet.ipv4.ip_forward=1\n') },
      steps: [`put ${CONF} 0644 root:root`],
      text: 'a=1\n',
    },
    { name: 'absent where no file is', args: 'name: net.ipv4.ip_forward\nstate: absent', before: etc, steps: [] },
    {
      name: 'a key that the kernel does not have, all the same',
      args: 'name: net.x\nvalue: 1\nignoreerrors: true',
      before: { [CONF]: textFile(''), 'sysctl:net.x': answer('', 255) },
      steps: [`put ${CONF} 0644 root:root`],
      text: 'net.x=1\n',
    },
  ]
  for (const row of table) {
    const simulated = simulate(module, row.args, row.before)
    t.same(simulated.steps, row.steps, row.name)
    if (row.text !== undefined) t.same(Object.values(simulated.puts), [row.text], row.name)
    t.same(simulated.refusals, [], row.name)
  }
})

t.test('a key that the kernel does not have is refused, the others are set', async (t) => {
  const simulated = simulate(module, 'settings:\n  Kernel.unknown_nmi_panic: 1\n  net.ipv4.ip_forward: 1', {
    [CONF]: textFile(''),
    ...live({ 'net.ipv4.ip_forward': '0' }),
    'sysctl:Kernel.unknown_nmi_panic': answer('', 255),
    ...NAMES,
  })
  t.same(simulated.refusals, [{ summary: "no kernel parameter 'Kernel.unknown_nmi_panic'", hint: "Did you mean 'kernel.unknown_nmi_panic'?" }])
  t.same(simulated.steps, ['sysctl -q -w net.ipv4.ip_forward=1', `put ${CONF} 0644 root:root`])
  t.same(simulated.puts, { [CONF]: 'net.ipv4.ip_forward=1\n' })
  const far = simulate(module, 'name: net.bridge.bridge-nf-call-iptables\nvalue: 1', {
    [CONF]: textFile(''),
    'sysctl:net.bridge.bridge-nf-call-iptables': answer('', 255),
    ...NAMES,
  })
  t.match(far.refusals[0]?.hint, /ignoreerrors/)
})

t.test('what the kernel refuses fails the step, with its words', async (t) => {
  const before = { [CONF]: textFile('kernel.ostype=x\n'), ...live({ 'kernel.ostype': 'Linux' }) }
  for (const reply of [{ exitCode: 1 }, { exitCode: 0, stderr: 'sysctl: setting key "kernel.ostype": Invalid argument\n' }]) {
    t.throws(() => simulate(module, 'name: kernel.ostype\nvalue: x', before, { reply: () => reply }), StepFailure)
  }
})

t.test('refusals of the file', async (t) => {
  t.equal(simulate(module, 'name: a.b\nvalue: 1\nreload: false\nsysctl_file: /no/x').refusals[0]?.summary, 'Destination directory /no does not exist')
  t.equal(simulate(module, 'name: a.b\nvalue: 1\nreload: false\nsysctl_file: /etc', etc).refusals[0]?.summary, '/etc is not a regular file')
})

t.test('in a dry run', async (t) => {
  const simulated = simulate(module, 'name: a.b\nvalue: 1', { [CONF]: textFile(''), 'sysctl:a.b': new UnknownIn() }, { check: true })
  t.same(simulated.after['live'], { 'a.b': '1' }, 'an unknown value is set all the same')
  t.throws(() => simulate(module, 'name: a.b\nvalue: 1\nreload: false', { [CONF]: new UnknownIn() }, { check: true }), UnknownStateError)
})

t.test('parameters', async (t) => {
  const refuses = (args: string, message: RegExp) => t.throws(() => parametersOf(module, args), message, args)
  refuses('value: 1', /either name or settings/)
  refuses('name: a.b', /a value is needed/)
  refuses('name: a.b\nvalue: 1\nsettings: {a.c: 1}', /either name or settings/)
  refuses('settings: {a.b: 1, a/b: 2}', /twice/)
  refuses('name: net.ipv4.conf.*.rp_filter\nvalue: 1', /one kernel parameter/)
  refuses('name: a.b\nvalue: ""', /a value is needed/)
  t.match(parametersOf(module, 'key: a.b\nval: off'), { name: 'a.b', value: '0', sysctl_file: CONF })
})
