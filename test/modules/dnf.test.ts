import t from 'tap'
import module from '../../modules/dnf.ts'
import { dnf } from '../../modules/shared/package/dnf.ts'
import { answer, parametersOf, simulate, textFile } from '../support/module.ts'
import { recorded } from '../support/recorded.ts'

const there = { 'file:/usr/bin/dnf': textFile('') }
const host = (name: string, more: Record<string, unknown> = {}) => recorded(`package/dnf-${name}`, { ...there, ...more })
const DNF = 'dnf --assumeyes --setopt=metadata_expire=never'

function outcome({ differs, refusals, steps }: ReturnType<typeof simulate>) {
  const version = (value: unknown) => (value === null ? 'absent' : typeof value === 'string' ? value : 'unknown')
  return {
    differs: differs.map(({ path, before, after }) => `${path.join(' ')}: ${version(before)} → ${version(after)}`),
    refusals: refusals.map(({ summary }) => summary),
    steps,
  }
}

t.test('from recorded hosts to steps', async (t) => {
  const table: { on: string; args: string; differs?: string[]; refusals?: string[]; steps?: string[] }[] = [
    {
      on: 'updated',
      args: 'name: [frr-7.5.1, libreswan]',
      differs: ['packages frr: absent → 7.5.1-1.el8', 'packages libreswan: absent → 4.6-1.el8', 'along libyang: absent → 2:1.0-1.el8'],
      steps: [`${DNF} install -- frr-7.5.1 libreswan`],
    },
    {
      on: 'updated',
      args: 'name: [frr, nosuch]',
      differs: ['packages frr: absent → 7.5.1-1.el8', 'along libyang: absent → 2:1.0-1.el8'],
      refusals: ["dnf has no package 'nosuch'"],
      steps: [`${DNF} install -- frr`],
    },
    { on: 'updated', args: 'name: broken', refusals: ['dnf refuses to install broken'] },
    {
      on: 'updated',
      args: 'name: frr-contrib-extra-long-name-to-wrap',
      differs: ['packages frr-contrib-extra-long-name-to-wrap: absent → 7.5.1-1.el8', 'along frr: absent → 7.5.1-1.el8', 'along libyang: absent → 2:1.0-1.el8'],
      steps: [`${DNF} install -- frr-contrib-extra-long-name-to-wrap`],
    },
    // `vim` is no package, vim-enhanced provides it.
    { on: 'updated', args: 'name: vim', differs: ['along vim-enhanced: absent → 8.2-1.el8'], steps: [`${DNF} install -- vim`] },
    {
      on: 'updated',
      args: 'name: java-1.8.0-openjdk',
      differs: ['packages java-1.8.0-openjdk: absent → 1.8.0.1-1.el8'],
      steps: [`${DNF} install -- java-1.8.0-openjdk`],
    },
    { on: 'installed', args: 'name: [frr-7.5.1, libreswan-4.5]' },
    { on: 'installed', args: 'name: vim' },
    { on: 'installed', args: 'name: java-1.8.0-openjdk' },
    {
      on: 'installed',
      args: 'name: [libreswan, frr-contrib-extra-long-name-to-wrap]\nstate: latest',
      differs: ['packages libreswan: 4.5-1.el8 → 4.6-1.el8', 'packages frr-contrib-extra-long-name-to-wrap: absent → 7.5.1-1.el8'],
      steps: [`${DNF} install -- frr-contrib-extra-long-name-to-wrap`, `${DNF} upgrade -- libreswan`],
    },
    {
      on: 'installed',
      args: 'name: libyang\nstate: absent',
      differs: ['packages libyang: 2:1.0-1.el8 → absent', 'along frr: 7.5.1-1.el8 → absent'],
      steps: [`${DNF} remove -- libyang`],
    },
    { on: 'newer', args: 'name: libreswan-4.5', refusals: ['dnf refuses to install libreswan-4.5'] },
    {
      on: 'newer',
      args: 'name: libreswan-4.5\nallow_downgrade: true',
      differs: ['packages libreswan: 4.6-1.el8 → 4.5-1.el8'],
      steps: [`${DNF} install -- libreswan-4.5`],
    },
  ]
  for (const { on, args, differs = [], refusals = [], steps = [] } of table) {
    t.strictSame(outcome(simulate(module, args, host(on))), { differs, refusals, steps }, `${on}: ${args.replaceAll('\n', ', ')}`)
  }
})

t.test('a refusal is in the words of dnf, with what to do', async (t) => {
  t.match(simulate(module, 'name: [frr, nosuch]', host('updated')).refusals, [{ detail: 'No match for argument: nosuch' }])
  t.match(simulate(module, 'name: broken', host('updated')).refusals, [{ detail: /nothing provides nowhere needed by broken-1-1.el8.noarch/ }])
  t.match(simulate(module, 'name: libreswan-4.5', host('newer')).refusals, [{ detail: /^Downgrading:\n libreswan/, hint: 'Add `allow_downgrade: true`.' }])
})

t.test('where the repository was never fetched', async (t) => {
  const { differs, events, refusals } = simulate(module, 'name: frr', host('fresh'), { check: true })
  t.match(differs, [{ path: ['packages', 'frr'], before: null }])
  t.equal(typeof differs[0]?.after, 'symbol')
  t.strictSame(events, [{ name: 'update cache', target: 'dnf' }])
  t.strictSame(refusals, [])
})

t.test('repositories and weak dependencies', async (t) => {
  const { steps } = simulate(
    module,
    'name: frr\nenablerepo: epel\ndisablerepo: [a, b]\ninstall_weak_deps: false\nupdate_cache: true',
    host('updated', { 'package:frr': null }),
    {
      reply: (step) =>
        step.kind === 'run' && step.argv.includes('--assumeno')
          ? { exitCode: 1, stdout: '\n====\nInstalling:\n frr  noarch  7.5.1-1.el8  lab  5.9 k\n\nTransaction Summary\n' }
          : {},
    },
  )
  t.strictSame(steps, [
    'dnf --assumeyes --quiet --setopt=install_weak_deps=False --disablerepo=a --disablerepo=b --enablerepo=epel makecache --refresh',
    'dnf --cacheonly --assumeno --setopt=install_weak_deps=False --disablerepo=a --disablerepo=b --enablerepo=epel install -- frr',
    `${DNF} --setopt=install_weak_deps=False --disablerepo=a --disablerepo=b --enablerepo=epel install -- frr`,
  ])
})

t.test('names with versions in them', async (t) => {
  const accepts = (text: string, name: string, version: string) => dnf.spec(text).accepts(name, version)
  t.strictSame(dnf.spec('frr').names, ['frr'])
  t.strictSame(dnf.spec('frr-7.5.1-1.el8').names, ['frr-7.5.1', 'frr-7.5.1-1.el8', 'frr'])
  t.equal(accepts('frr-7.5.1', 'frr', '7.5.1-1.el8'), true)
  t.equal(accepts('frr-7.5.1', 'frr', '7.5.10-1.el8'), false)
  t.equal(accepts('frr-7.5.1-1.el8', 'frr', '7.5.1-1.el8'), true)
  t.equal(accepts('libyang-1.0', 'libyang', '2:1.0-1.el8'), true)
  t.equal(accepts('java-1.8.0-openjdk', 'java-1.8.0-openjdk', '1.8.0.1-1.el8'), true)
})

t.test('tables of transactions', async (t) => {
  const call = { verb: 'install', specs: ['new'] } as const
  const options = { allow_downgrade: false, purge: false, autoremove: false, enablerepo: [], disablerepo: [] }
  const { reply } = answer(
    [
      'Dependencies resolved.',
      '================================================================================',
      ' Package   Arch   Version   Repo   Size',
      '================================================================================',
      'Installing:',
      ' new       noarch 1.0-1     lab    1 k',
      '     replacing  old.noarch 0.9-1',
      ' a-name-that-is-longer-than-the-column-that-dnf-has-for-it-on-a-narrow-screen',
      '           x86_64 3:2.0-4   lab    1 k',
      'Installing weak dependencies:',
      ' weak      noarch 1-1       lab    1 k',
      'Skipping packages with conflicts:',
      ' skipped   noarch 1-1       lab    1 k',
      '',
      'Transaction Summary',
      '================================================================================',
      'Install  3 Packages',
    ].join('\n'),
    1,
  )
  t.strictSame(dnf.readSimulation(call, reply, options).changes, {
    new: '1.0-1',
    old: null,
    'a-name-that-is-longer-than-the-column-that-dnf-has-for-it-on-a-narrow-screen': '3:2.0-4',
    weak: '1-1',
  })
})

t.test('parameters', async (t) => {
  for (const args of ['name: "@development"', 'name: /tmp/x.rpm', 'name: x\nuse: apt', 'name: x\npurge: true', 'name: x\ninstallroot: /mnt'])
    t.throws(() => parametersOf(module, args), args)
  t.strictSame(
    simulate(module, 'name: x', {}).refusals.map(({ summary }) => summary),
    ['this host has no dnf'],
  )
})
