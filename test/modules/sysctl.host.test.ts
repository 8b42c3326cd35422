/** For real, in the network namespace of a scratch host. Needs root. */
import t from 'tap'
import module from '../../modules/sysctl.ts'
import { drive } from '../support/drive.ts'
import { scratch } from '../support/scratch.ts'

const host = await scratch(t, { kind: 'debian', firewalld: false })
const FILE = '/etc/sysctl.d/90-test.conf'
const live = async (key: string): Promise<string> => (await host.sh(`sysctl -n ${key}`)).trim()

t.test('the file and the running kernel, and a key that does not exist', async (t) => {
  await host.sh('sysctl -q -w net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=1')
  const args = {
    settings: { 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.accept_redirects': 0, 'Kernel.unknown_nmi_panic': 0 },
    sysctl_file: FILE,
  }
  const refusals = [{ summary: /Kernel\.unknown_nmi_panic/, hint: /kernel\.unknown_nmi_panic/ }]
  const checked = await drive(module, args, host, { check: true })
  t.equal(await live('net.ipv4.ip_forward'), '0', 'a check sets nothing')
  t.match(checked, { refusals, steps: [] })
  const done = await drive(module, args, host)
  t.strictSame(done.differs, checked.differs)
  t.match(done, { refusals, problem: undefined })
  t.strictSame([await live('net.ipv4.ip_forward'), await live('net.ipv4.conf.all.accept_redirects')], ['1', '0'], 'the other keys are set')
  t.equal(await host.sh(`cat ${FILE}`), 'net.ipv4.ip_forward=1\nnet.ipv4.conf.all.accept_redirects=0\n')
  t.match(await drive(module, args, host), { steps: [], differs: [], refusals }, 'again')
})

t.test('the kernel alone differs, or the file alone', async (t) => {
  const args = { name: 'net.ipv4.ip_forward', value: 'yes', sysctl_file: FILE }
  await host.sh('sysctl -q -w net.ipv4.ip_forward=0')
  t.match(await drive(module, args, host), { problem: undefined, differs: [{ before: '0', after: '1' }] })
  t.equal(await live('net.ipv4.ip_forward'), '1')
  await host.sh(`sed -i 's/^net.ipv4.ip_forward=.*/# mine\\nnet.ipv4.ip_forward = 0/' ${FILE}`)
  t.match(await drive(module, args, host), { problem: undefined, differs: [{ path: ['file', FILE, 'content'] }] })
  t.match(await host.sh(`cat ${FILE}`), /^# mine\nnet\.ipv4\.ip_forward=1\n/)
  t.strictSame((await drive(module, args, host)).steps, [])
})

t.test('absent: out of the file, and the kernel keeps its value', async (t) => {
  const args = { name: 'net.ipv4.ip_forward', state: 'absent', sysctl_file: FILE }
  t.match(await drive(module, args, host), { problem: undefined, differs: [{ path: ['file', FILE, 'content'] }] })
  t.notMatch(await host.sh(`cat ${FILE}`), /ip_forward/)
  t.equal(await live('net.ipv4.ip_forward'), '1')
  t.strictSame((await drive(module, args, host)).steps, [])
})

t.test('a value that the kernel does not take', async (t) => {
  t.match(await drive(module, { name: 'net.ipv4.ip_forward', value: 'banana', sysctl_file: FILE }, host), {
    problem: 'the kernel did not take every value',
    evidence: /net[./]ipv4[./]ip_forward/,
  })
  t.notMatch(await host.sh(`cat ${FILE}`), /banana/, 'it is not written down either')
})
