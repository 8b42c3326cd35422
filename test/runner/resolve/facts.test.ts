import t from 'tap'
import { FACT_NAMES, FACT_READS, FACT_VARIABLES, factsFrom } from '../../../runner/resolve/facts.ts'
import type { Value } from '../../../runner/value/value.ts'

const reply = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' })
const facts = (osRelease: string, debianVersion = '', uname = 'Linux web1.example.com 6.1.0 x86_64\n', init = 'systemd\n'): Record<string, Value> =>
  Object.fromEntries([...factsFrom([osRelease, debianVersion, uname, init].map(reply))].map(([name, value]) => [name as string, value]))

t.test('what ansible’s setup says of the same files', async (t) => {
  t.strictSame(facts('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n', '12.5\n'), {
    architecture: 'x86_64',
    distribution: 'Debian',
    distribution_major_version: '12',
    distribution_version: '12.5',
    hostname: 'web1',
    kernel: '6.1.0',
    nodename: 'web1.example.com',
    os_family: 'Debian',
    pkg_mgr: 'apt',
    service_mgr: 'systemd',
    system: 'Linux',
  })
  for (const [release, expected] of [
    ['ID="ol"\nVERSION_ID="9.4"', ['OracleLinux', 'RedHat', '9.4', '9', 'dnf']],
    ['ID="centos"\nVERSION_ID="7"', ['CentOS', 'RedHat', '7', '7', 'yum']],
    ['ID=ubuntu\nVERSION_ID="22.04"', ['Ubuntu', 'Debian', '22.04', '22', 'apt']],
    ["ID='fedora'\nVERSION_ID=40", ['Fedora', 'RedHat', '40', '40', 'dnf']],
    ['ID=gentoo\nNAME=Gentoo', ['Gentoo', 'gentoo', '', '', 'unknown']],
  ] as const) {
    const found = facts(release)
    t.strictSame(
      ['distribution', 'os_family', 'distribution_version', 'distribution_major_version', 'pkg_mgr'].map((name) => found[name]),
      expected,
      release,
    )
  }
})

t.test('a host that says nothing', async (t) => {
  t.match(facts('', '', '', ''), { distribution: '', pkg_mgr: 'unknown', service_mgr: 'unknown', kernel: '' })
  t.equal(FACT_READS.length, 4)
  for (const name of FACT_NAMES) t.ok(FACT_VARIABLES.has(`ansible_${name}`), name)
})
