import t from 'tap'
import { collectorsOf, giverOf, readFacts, withNeeded, type Wish } from '../../../../runner/resolve/facts/index.ts'
import { askHost, type FactHost } from '../../../support/fact-host.ts'

const WISH: Wish = { factPath: '/etc/ansible/facts.d', python: undefined, environment: {}, nowSeconds: 1_700_000_000, timeoutMs: 10_000 }

async function factsOf(host: FactHost): Promise<Record<string, unknown>> {
  const collectors = withNeeded([giverOf('distribution'), giverOf('pkg_mgr')])
  const facts = await readFacts(collectors, WISH, askHost(host))
  return Object.fromEntries([...facts.values()].flatMap((each) => [...each]))
}

const osRelease = (...lines: string[]): string => `${lines.join('\n')}\n`

/** The files of a distribution, and what Ansible 2.14 says of them: name, version, major version, release, family, variety, package manager. */
const TABLE: readonly (readonly [string, FactHost['files'], readonly (string | undefined)[]])[] = [
  [
    'Debian 12',
    {
      '/etc/os-release': osRelease(
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
        'NAME="Debian GNU/Linux"',
        'VERSION_ID="12"',
        'VERSION="12 (bookworm)"',
        'VERSION_CODENAME=bookworm',
        'ID=debian',
      ),
      '/etc/debian_version': '12.11\n',
      '/usr/bin/apt-get': 'x',
    },
    ['Debian', '12.11', '12', 'bookworm', 'Debian', 'Debian', 'apt'],
  ],
  [
    'Ubuntu 22.04',
    {
      '/etc/os-release': osRelease(
        'PRETTY_NAME="Ubuntu 22.04.3 LTS"',
        'NAME="Ubuntu"',
        'VERSION_ID="22.04"',
        'VERSION="22.04.3 LTS (Jammy Jellyfish)"',
        'VERSION_CODENAME=jammy',
        'ID=ubuntu',
        'ID_LIKE=debian',
        'UBUNTU_CODENAME=jammy',
      ),
      '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION="Ubuntu 22.04.3 LTS"\n',
      '/etc/debian_version': 'bookworm/sid\n',
      '/usr/bin/apt-get': 'x',
      '/usr/bin/dnf': 'x',
    },
    ['Ubuntu', '22.04', '22', 'jammy', 'Debian', 'Debian', 'apt'],
  ],
  [
    'Oracle Linux 9',
    {
      '/etc/os-release': osRelease(
        'NAME="Oracle Linux Server"',
        'VERSION="9.4"',
        'ID="ol"',
        'ID_LIKE="fedora"',
        'VERSION_ID="9.4"',
        'PRETTY_NAME="Oracle Linux Server 9.4"',
      ),
      '/etc/oracle-release': 'Oracle Linux Server release 9.4\n',
      '/etc/redhat-release': 'Red Hat Enterprise Linux release 9.4 (Plow)\n',
      '/etc/system-release': 'Oracle Linux Server release 9.4\n',
      '/usr/bin/dnf': 'x',
      '/usr/bin/yum': 'x',
    },
    ['OracleLinux', '9.4', '9', 'NA', 'RedHat', 'OracleLinux', 'dnf'],
  ],
  [
    'Red Hat Enterprise Linux 8',
    {
      '/etc/os-release': osRelease(
        'NAME="Red Hat Enterprise Linux"',
        'VERSION="8.8 (Ootpa)"',
        'ID="rhel"',
        'VERSION_ID="8.8"',
        'PRETTY_NAME="Red Hat Enterprise Linux 8.8 (Ootpa)"',
      ),
      '/etc/redhat-release': 'Red Hat Enterprise Linux release 8.8 (Ootpa)\n',
      '/usr/bin/dnf': 'x',
    },
    ['RedHat', '8.8', '8', 'Ootpa', 'RedHat', 'RedHat', 'dnf'],
  ],
  [
    'Rocky 9',
    {
      '/etc/os-release': osRelease('NAME="Rocky Linux"', 'VERSION="9.3 (Blue Onyx)"', 'ID="rocky"', 'VERSION_ID="9.3"'),
      '/etc/rocky-release': 'Rocky Linux release 9.3 (Blue Onyx)\n',
      '/etc/redhat-release': 'Rocky Linux release 9.3 (Blue Onyx)\n',
      '/usr/bin/dnf': 'x',
    },
    ['Rocky', '9.3', '9', 'Blue Onyx', 'RedHat', 'RedHat', 'dnf'],
  ],
  [
    'AlmaLinux 8',
    {
      '/etc/os-release': osRelease('NAME="AlmaLinux"', 'VERSION="8.9 (Midnight Oncilla)"', 'ID="almalinux"', 'VERSION_ID="8.9"'),
      '/etc/redhat-release': 'AlmaLinux release 8.9 (Midnight Oncilla)\n',
      '/usr/bin/dnf': 'x',
    },
    ['AlmaLinux', '8.9', '8', 'Midnight Oncilla', 'RedHat', 'RedHat', 'dnf'],
  ],
  [
    'CentOS 7',
    {
      '/etc/os-release': osRelease('NAME="CentOS Linux"', 'VERSION="7 (Core)"', 'ID="centos"', 'VERSION_ID="7"', 'PRETTY_NAME="CentOS Linux 7 (Core)"'),
      '/etc/centos-release': 'CentOS Linux release 7.9.2009 (Core)\n',
      '/etc/redhat-release': 'CentOS Linux release 7.9.2009 (Core)\n',
      '/usr/bin/yum': 'x',
    },
    ['CentOS', '7.9', '7', 'Core', 'RedHat', 'RedHat', 'yum'],
  ],
  [
    'CentOS Stream 9',
    {
      '/etc/os-release': osRelease('NAME="CentOS Stream"', 'VERSION="9"', 'ID="centos"', 'VERSION_ID="9"', 'PRETTY_NAME="CentOS Stream 9"'),
      '/etc/centos-release': 'CentOS Stream release 9\n',
      '/etc/redhat-release': 'CentOS Stream release 9\n',
      '/usr/bin/dnf': 'x',
    },
    ['CentOS', '9', '9', 'Stream', 'RedHat', 'CentOS', 'dnf'],
  ],
  [
    'Fedora 39',
    {
      '/etc/os-release': osRelease(
        'NAME="Fedora Linux"',
        'VERSION="39 (Server Edition)"',
        'ID=fedora',
        'VERSION_ID=39',
        'VERSION_CODENAME=""',
        'PRETTY_NAME="Fedora Linux 39 (Server Edition)"',
      ),
      '/etc/fedora-release': 'Fedora release 39 (Thirty Nine)\n',
      '/etc/redhat-release': 'Fedora release 39 (Thirty Nine)\n',
      '/usr/bin/dnf': 'x',
    },
    ['Fedora', '39', '39', '', 'RedHat', 'RedHat', 'dnf'],
  ],
  [
    'Amazon Linux 2',
    {
      '/etc/os-release': osRelease(
        'NAME="Amazon Linux"',
        'VERSION="2"',
        'ID="amzn"',
        'ID_LIKE="centos rhel fedora"',
        'VERSION_ID="2"',
        'PRETTY_NAME="Amazon Linux 2"',
      ),
      '/etc/system-release': 'Amazon Linux release 2 (Karoo)\n',
      '/usr/bin/yum': 'x',
    },
    ['Amazon', '2', '2', 'NA', 'RedHat', 'Amazon', 'yum'],
  ],
  [
    'Amazon Linux 2023',
    {
      '/etc/os-release': osRelease('NAME="Amazon Linux"', 'VERSION="2023"', 'ID="amzn"', 'VERSION_ID="2023"'),
      '/usr/bin/dnf': 'x',
      '/usr/bin/yum': 'x',
    },
    ['Amazon', '2023', '2023', 'NA', 'RedHat', 'Amazon', 'dnf'],
  ],
  [
    'Alpine',
    {
      '/etc/os-release': osRelease('NAME="Alpine Linux"', 'ID=alpine', 'VERSION_ID=3.18.4', 'PRETTY_NAME="Alpine Linux v3.18"'),
      '/etc/alpine-release': '3.18.4\n',
      '/sbin/apk': 'x',
    },
    ['Alpine', '3.18.4', '3', 'NA', 'Alpine', 'Alpine', 'apk'],
  ],
  [
    'Arch',
    { '/etc/os-release': osRelease('NAME="Arch Linux"', 'ID=arch', 'BUILD_ID=rolling'), '/etc/arch-release': '', '/usr/bin/pacman': 'x' },
    ['Archlinux', 'NA', 'NA', 'NA', 'Archlinux', 'Archlinux', 'pacman'],
  ],
  [
    'openSUSE Leap',
    {
      '/etc/os-release': osRelease('NAME="openSUSE Leap"', 'VERSION="15.5"', 'ID="opensuse-leap"', 'ID_LIKE="suse opensuse"', 'VERSION_ID="15.5"'),
      '/usr/bin/zypper': 'x',
    },
    ['openSUSE Leap', '15.5', '15', '5', 'Suse', 'SUSE', 'zypper'],
  ],
  [
    'SLES 15',
    {
      '/etc/os-release': osRelease(
        'NAME="SLES"',
        'VERSION="15-SP4"',
        'VERSION_ID="15.4"',
        'PRETTY_NAME="SUSE Linux Enterprise Server 15 SP4"',
        'ID="sles"',
        'ID_LIKE="suse"',
      ),
      '/usr/bin/zypper': 'x',
    },
    ['SLES', '15.4', '15', '4', 'Suse', 'SUSE', 'zypper'],
  ],
  [
    'SLES for SAP',
    {
      '/etc/os-release': osRelease('NAME="SLES"', 'VERSION_ID="15"', 'PRETTY_NAME="SUSE Linux Enterprise Server for SAP Applications 15"', 'ID="sles_sap"'),
      '/etc/products.d/baseproduct': { target: 'SLES_SAP.prod' },
      '/usr/bin/zypper': 'x',
    },
    ['SLES_SAP', '15', '15', '0', 'Suse', 'SUSE', 'zypper'],
  ],
  [
    'Gentoo',
    { '/etc/os-release': osRelease('NAME=Gentoo', 'ID=gentoo'), '/etc/gentoo-release': 'Gentoo Base System release 2.9\n', '/usr/bin/emerge': 'x' },
    ['Gentoo', '2.9', '2', 'NA', 'Gentoo', 'NA', 'portage'],
  ],
  [
    'Linux Mint',
    {
      '/etc/os-release': osRelease(
        'NAME="Linux Mint"',
        'VERSION="21.2 (Victoria)"',
        'ID=linuxmint',
        'ID_LIKE="ubuntu debian"',
        'VERSION_ID="21.2"',
        'HOME_URL="https://www.linuxmint.com/"',
        'VERSION_CODENAME=victoria',
      ),
      '/usr/bin/apt-get': 'x',
    },
    ['Linux Mint', '21.2', '21', 'victoria', 'Debian', 'Debian', 'apt'],
  ],
  ['a host that says nothing', {}, ['OtherLinux', 'NA', 'NA', 'NA', 'OtherLinux', undefined, 'unknown']],
]

for (const [name, files, expected] of TABLE) {
  t.test(name, async (t) => {
    const facts = await factsOf({ files: files ?? {} })
    const names = [
      'distribution',
      'distribution_version',
      'distribution_major_version',
      'distribution_release',
      'os_family',
      'distribution_file_variety',
      'pkg_mgr',
    ]
    t.strictSame(
      names.map((each) => facts[each]),
      expected,
    )
  })
}

t.test('rpm tells apt for its own packages from the other one', async (t) => {
  const files = { '/usr/bin/apt-get': 'x', '/usr/bin/rpm': 'x', '/etc/altlinux-release': 'ALT Workstation 10.1\n' }
  t.equal((await factsOf({ files }))['pkg_mgr'], 'apt_rpm', 'ALT Linux')
  const debian = { ...files, '/etc/altlinux-release': '', '/etc/os-release': 'NAME="Debian"\nID=debian\n' }
  t.equal((await factsOf({ files: debian, programs: { 'rpm -q --whatprovides /usr/bin/apt-get': 1 } }))['pkg_mgr'], 'apt')
  t.equal((await factsOf({ files: debian, programs: { 'rpm -q --whatprovides /usr/bin/apt-get': 'apt\n' } }))['pkg_mgr'], 'apt_rpm')
})

t.test('subsets as gather_subset names them', async (t) => {
  const names = (...subset: string[]): string[] => [...new Set([...collectorsOf(subset)].map((each) => each.subset))].sort()
  t.equal(names('all').length, 25)
  t.strictSame(names('!all'), names('min'))
  t.notOk(names('!all').includes('hardware'))
  t.strictSame(names('!all', '!min'), [])
  t.strictSame(names('!all', '!min', 'network'), ['distribution', 'network', 'platform'])
  t.strictSame(names('!all', '!min', 'default_ipv4'), ['distribution', 'network', 'platform'])
  t.strictSame(names('!all', '!min', 'facter'), [])
  // As Ansible does: what is excluded does not bring the rest along.
  t.strictSame(names('!network'), names('min'))
  t.notOk(names('all', '!network').includes('network'))
  t.ok(names('all', '!network').includes('hardware'))
  t.throws(() => names('nonsense'), { message: /Bad subset 'nonsense' given to Ansible/ })
})
