import t from 'tap'
import type { StateModule } from '../../runner/module.ts'
import module from '../../modules/apt.ts'
import { parametersOf, readTree, simulate, textFile, UnknownIn } from '../support/module.ts'
import { fixture, recorded } from '../support/recorded.ts'

const there = { 'file:/usr/bin/apt-get': textFile('') }
const host = (name: string, more: Record<string, unknown> = {}) => recorded(`package/apt-${name}`, { ...there, ...more })
const APT = 'apt-get --assume-yes --quiet -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0'

/** `frr: absent → 1.0`, and refusals as they are. */
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
      args: 'name: lab-app',
      differs: ['packages lab-app: absent → 3.0~rc1-1', 'along lab-dep: absent → 2.0-1', 'along lab-extra: absent → 1:0.9'],
      steps: [`${APT} install -- lab-app`],
    },
    {
      on: 'updated',
      args: 'name: lab-app\ninstall_recommends: false',
      differs: ['packages lab-app: absent → 3.0~rc1-1', 'along lab-dep: absent → 2.0-1'],
      steps: [`${APT} --no-install-recommends install -- lab-app`],
    },
    {
      on: 'updated',
      args: 'name: [lab-app, nosuch, lab-hello=9, lab-mta]',
      differs: ['packages lab-app: absent → 3.0~rc1-1', 'along lab-dep: absent → 2.0-1', 'along lab-extra: absent → 1:0.9'],
      refusals: ["apt has no package 'nosuch'", "apt has no package 'lab-hello=9'", "'lab-mta' is no package, others provide it"],
      steps: [`${APT} install -- lab-app`],
    },
    { on: 'updated', args: 'name: lab-broken', refusals: ['apt refuses to install lab-broken'] },
    { on: 'updated', args: 'name: lab-hello=1.0', differs: ['packages lab-hello: absent → 1.0'], steps: [`${APT} install -- lab-hello=1.0`] },
    {
      on: 'updated',
      args: 'name: frr\nstate: absent',
      differs: ['packages frr: 8.4.4-1.1~deb12u2 → absent', 'along frr-pythontools: 8.4.4-1.1~deb12u2 → absent'],
      steps: [`${APT} remove -- frr`],
    },
    { on: 'installed', args: 'name: [lab-app, lab-hello]' },
    { on: 'installed', args: 'name: lab-hello=1.*' },
    {
      on: 'installed',
      args: 'name: lab-app, lab-hello\nstate: latest',
      differs: ['packages lab-hello: 1.0 → 1.1'],
      steps: [`${APT} install -- lab-app lab-hello`],
    },
    {
      on: 'installed',
      args: 'name: lab-dep\nstate: absent\npurge: true\nautoremove: true',
      differs: ['packages lab-dep: 2.0-1 → absent', 'along lab-app: 3.0~rc1-1 → absent', 'along lab-extra: 1:0.9 → absent'],
      steps: [`${APT} --purge --auto-remove remove -- lab-dep`],
    },
    { on: 'installed', args: 'name: lab-mta' },
    {
      on: 'installed',
      args: 'name: lab-mta-b',
      differs: ['packages lab-mta-b: absent → 1.0', 'along lab-mta-a: 1.0 → absent'],
      steps: [`${APT} install -- lab-mta-b`],
    },
    { on: 'installed', args: 'name: nosuch\nstate: absent' },
    { on: 'newer', args: 'name: lab-hello=1.0', refusals: ['apt refuses to install lab-hello=1.0'] },
    {
      on: 'newer',
      args: 'name: lab-hello=1.0\nallow_downgrade: true',
      differs: ['packages lab-hello: 1.1 → 1.0'],
      steps: [`${APT} --allow-downgrades install -- lab-hello=1.0`],
    },
  ]
  for (const { on, args, differs = [], refusals = [], steps = [] } of table) {
    t.strictSame(outcome(simulate(module, args, host(on))), { differs, refusals, steps }, `${on}: ${args.replaceAll('\n', ', ')}`)
  }
})

t.test('a refusal is in the words of apt, with what to do', async (t) => {
  const { refusals } = simulate(module, 'name: [lab-app, nosuch, lab-hello=9, lab-mta]', host('updated'))
  t.match(refusals, [
    { detail: 'E: Unable to locate package nosuch', hint: /update_cache/ },
    { detail: "E: Version '9' for 'lab-hello' was not found" },
    { detail: "E: Package 'lab-mta' has no installation candidate", hint: 'Name one of these: lab-mta-a, lab-mta-b.' },
  ])
  t.match(simulate(module, 'name: lab-broken', host('updated')).refusals, [
    { detail: /unmet dependencies[^]*lab-broken : Depends: lab-nowhere but it is not installable/ },
  ])
  t.match(simulate(module, 'name: lab-hello=1.0', host('newer')).refusals, [{ hint: 'Add `allow_downgrade: true`.' }])
})

t.test('where no list was ever fetched', async (t) => {
  const { replies } = JSON.parse(fixture('package/apt-updated.json')) as { replies: Record<string, { exitCode: number; stdout: string; stderr: string }> }
  const later = (argv: string) => replies[argv] ?? {}
  const checked = simulate(module, 'name: [lab-app, frr]', host('fresh'), { check: true })
  t.strictSame(outcome(checked).differs, ['packages lab-app: absent → unknown'], 'the version is not known')
  t.strictSame(checked.events, [{ name: 'update cache', target: 'apt' }])
  t.strictSame(checked.affects, ['file:/* if absent', 'unit:* if absent', 'package:* if absent'])
  t.strictSame(checked.refusals, [])

  const run = simulate(module, 'name: [lab-app, frr]', host('fresh'), { reply: (step) => (step.kind === 'run' ? later(step.argv.join(' ')) : {}) })
  t.strictSame(run.steps, [
    'apt-get --quiet -o DPkg::Lock::Timeout=60 update',
    'apt-get --simulate --assume-yes --quiet -oDebug::NoLocking=1 -oDir::Log::Planner=/dev/null install -- lab-app',
    `${APT} install -- lab-app`,
  ])

  const nosuch = host('fresh', {
    'query:package-plan:install -- lab-app nosuch': {
      verb: 'install',
      specs: ['lab-app', 'nosuch'],
      changes: {},
      notFound: { nosuch: { words: 'E: Unable to locate package nosuch', providers: [] }, 'lab-app': { words: '', providers: [] } },
      refused: undefined,
      neverUpdated: undefined,
    },
    'package:nosuch': null,
    'package:lab-app': null,
  })
  t.throws(
    () =>
      simulate(module, 'name: [lab-app, nosuch]', nosuch, {
        reply: (step) =>
          step.kind === 'run' && step.argv.includes('--simulate') && step.argv.includes('nosuch')
            ? { exitCode: 100, stderr: 'E: Unable to locate package nosuch\n' }
            : step.kind === 'run'
              ? later(step.argv.join(' '))
              : {},
      }),
    { message: "apt has no package 'nosuch'", reply: { stderr: 'E: Unable to locate package nosuch' } },
    'what is still not there fails after the rest was installed',
  )
})

t.test('update_cache', async (t) => {
  const update = 'apt-get --quiet -o DPkg::Lock::Timeout=60 update'
  t.strictSame(simulate(module, 'update-cache: true', host('updated')).steps, [update])
  t.strictSame(simulate(module, 'cache_valid_time: 3600', host('updated')).steps, [], 'young lists are not fetched again')
  t.strictSame(simulate(module, 'cache_valid_time: 3600', host('updated', { 'query:apt-lists-younger-than:3600': false })).steps, [update])
  const latest = simulate(module, 'name: lab-hello\nstate: latest\nupdate_cache: true', host('installed', { 'package:lab-hello': '1.0' }), { check: true })
  t.strictSame(outcome(latest).differs, ['packages lab-hello: 1.0 → unknown'], 'what will be offered is not known')
  t.strictSame(
    simulate(module, 'name: lab-hello\nupdate_cache: true', host('installed', { 'package:lab-hello': '1.0' })).steps,
    [update],
    'what is there is not asked for',
  )
})

t.test('what else may change', async (t) => {
  t.strictSame(simulate(module, 'name: lab-app', host('updated')).affects, ['file:/* if absent', 'unit:* if absent'])
  t.strictSame(simulate(module, 'name: frr\nstate: absent', host('updated')).affects, ['file:/*', 'unit:*', 'query:package-plan:*'])
  t.strictSame(simulate(module, 'name: lab-mta-b', host('installed')).affects, ['file:/*', 'unit:*', 'query:package-plan:*'], 'one comes, another goes')
  t.strictSame(simulate(module, 'name: [lab-app, lab-hello]', host('installed')).affects, [])
})

t.test('a dry run after other tasks', async (t) => {
  const along = simulate(module, 'name: lab-app', host('updated', { 'package:lab-dep': '2.0-1' }), { check: true })
  t.strictSame(outcome(along).differs, ['packages lab-app: absent → 3.0~rc1-1', 'along lab-extra: absent → 1:0.9'], 'what a task before would bring is there')
  const unknown = new UnknownIn('TASK [remove all]')
  const after = simulate(module, 'name: lab-app', host('updated', { 'query:package-plan:install -- lab-app': unknown }), { check: true })
  t.strictSame(outcome(after).differs, ['packages lab-app: absent → unknown'])
  t.throws(
    () => simulate(module, 'name: lab-app', host('updated', { 'file:/usr/bin/apt-get': unknown }), { check: true }),
    { cause: 'TASK [remove all]' },
    'whether there is an apt-get is as little known',
  )
  t.throws(() => simulate(module, 'name: lab-app', host('updated', { 'package:lab-app': unknown }), { check: true }), { cause: 'TASK [remove all]' })
})

t.test('reading back asks for what was promised, and no more', async (t) => {
  const params = parametersOf(module, 'name: lab-app') as never
  const { read } = readTree(
    (module as StateModule).probe(params, { packages: {}, along: { 'lab-dep': '2.0-1' } }),
    host('updated', { 'package:lab-app': '3.0~rc1-1', 'package:lab-dep': '2.0-1' }),
  )
  t.strictSame(read, ['file:/usr/bin/apt-get', 'package:lab-app', 'package:lab-dep'])
})

t.test('parameters', async (t) => {
  for (const args of [
    'name: ./x.deb',
    'name: https://x/y.deb',
    'name: apt*',
    'name: -x',
    'name: "@base"',
    'name: [""]',
    'name: x\nupgrade: dist',
    'name: x\nstate: build-dep',
  ])
    t.throws(() => parametersOf(module, args), args)
  t.match(parametersOf(module, 'pkg: libc6:i386, g++\nstate: installed'), { name: ['libc6:i386', 'g++'], state: 'present', use: 'apt' })
  t.strictSame(
    simulate(module, 'name: x', {}).refusals.map(({ summary }) => summary),
    ['this host has no apt-get'],
  )
})
