import t from 'tap'
import { KNOWN_AFTER_APPLY } from '../../runner/module.ts'
import type { StateModule } from '../../runner/module.ts'
import module from '../../modules/service.ts'
import { isUp } from '../../modules/shared/unit.ts'
import type { UnitRun } from '../../modules/shared/unit.ts'
import { answer, parametersOf, simulate, UnknownIn } from '../support/module.ts'
import { recorded } from '../support/recorded.ts'

const host = recorded('service/units')
const unit = (state: Record<string, unknown>) => ({ loaded: 'loaded', active: 'inactive', enabled: 'disabled', ...state })
const traits = (state: Record<string, unknown> = {}) => ({ id: 'x.service', reloadable: true, related: [], ...state })
const only = (state: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  'unit:x.service': unit(state),
  'query:unit-traits:x.service': traits(more),
})

t.test('from recorded units to steps', async (t) => {
  const table: { args: string; steps?: string[]; events?: string[]; refusals?: string[] }[] = [
    { args: 'name: frr\nstate: started\nenabled: true' },
    { args: 'name: frr.service\nstate: stopped\nenabled: no', steps: ['systemctl disable -- frr.service', 'systemctl stop -- frr.service'] },
    { args: 'name: frr\nstate: restarted', steps: ['systemctl restart -- frr.service'], events: ['restart frr.service'] },
    { args: 'name: frr\nstate: reloaded', steps: ['systemctl reload -- frr.service'], events: ['reload frr.service'] },
    { args: 'name: frr\nmasked: true\nstate: stopped', steps: ['systemctl mask -- frr.service', 'systemctl stop -- frr.service'] },
    { args: 'name: nftables\nstate: started\nenabled: true', steps: ['systemctl start -- nftables.service'] },
    { args: 'name: nftables\nstate: reloaded', steps: ['systemctl start -- nftables.service'] },
    { args: 'name: nftables\nstate: restarted', steps: ['systemctl restart -- nftables.service'], events: ['restart nftables.service'] },
    {
      args: 'name: nftables\nenabled: false\ndaemon_reload: true',
      steps: ['systemctl daemon-reload', 'systemctl disable -- nftables.service'],
      events: ['daemon-reload systemd'],
    },
    { args: 'daemon-reload: true', steps: ['systemctl daemon-reload'], events: ['daemon-reload systemd'] },
    // A script in /etc/init.d, whose links systemd's bridge reads.
    { args: 'name: oldie\nstate: started\nenabled: true' },
    { args: 'name: oldie\nenabled: false', steps: ['systemctl disable -- oldie.service'] },
    // A oneshot that does not remain is run each time.
    { args: 'name: once\nstate: started', steps: ['systemctl start -- once.service'], events: ['start once.service'] },
    { args: 'name: once\nstate: stopped' },
    // An alias is enabled by the unit's own name.
    { args: 'name: dbus-org.fedoraproject.FirewallD1\nenabled: false', steps: ['systemctl disable -- firewalld.service'] },
    { args: 'name: systemd-tmpfiles-clean.timer\nenabled: false\nstate: started' },
    {
      args: 'name: systemd-tmpfiles-clean\nenabled: true',
      refusals: ['systemd-tmpfiles-clean.service cannot be enabled: it has no [Install] section, other units start it'],
    },
    { args: 'name: fstrim.timer\nenabled: true\nstate: started', refusals: ['fstrim.timer is masked: nothing can start it'] },
    {
      args: 'name: fstrim.timer\nenabled: true\nstate: started\nmasked: false',
      steps: ['systemctl unmask -- fstrim.timer', 'systemctl enable -- fstrim.timer', 'systemctl start -- fstrim.timer'],
    },
    { args: 'name: fstrim.timer\nenabled: false\nstate: stopped' },
    { args: 'name: nftable\nstate: started', refusals: ["there is no unit 'nftable.service'"] },
    { args: 'name: nftable\nmasked: true', steps: ['systemctl mask -- nftable.service'] },
    { args: 'name: brief\nstate: reloaded', steps: ['systemctl start -- brief.service'] },
  ]
  const more = recorded('service/units', {
    'unit:systemd-tmpfiles-clean.timer': unit({ active: 'active', enabled: 'static' }),
    'query:unit-traits:systemd-tmpfiles-clean.timer': traits(),
  })
  for (const { args, steps = [], events = [], refusals = [] } of table) {
    const got = simulate(module, args, more)
    t.strictSame(
      { steps: got.steps, events: got.events.map(({ name, target }) => `${name} ${target}`), refusals: got.refusals.map(({ summary }) => summary) },
      { steps, events, refusals },
      args.replaceAll('\n', ', '),
    )
  }
})

t.test('words of systemd for enabled', async (t) => {
  const table: [word: string, wish: string, outcome: string][] = [
    ['enabled', 'true', ''],
    ['disabled', 'true', 'systemctl enable -- x.service'],
    ['enabled-runtime', 'true', 'systemctl enable -- x.service'],
    ['linked', 'true', 'systemctl enable -- x.service'],
    ['indirect', 'true', 'refused'],
    ['generated', 'true', 'refused'],
    ['transient', 'true', 'refused'],
    ['bad', 'true', 'refused'],
    ['enabled', 'false', 'systemctl disable -- x.service'],
    ['enabled-runtime', 'false', 'systemctl disable -- x.service'],
    ['static', 'false', ''],
    ['indirect', 'false', ''],
    ['linked', 'false', ''],
  ]
  for (const [word, wish, outcome] of table) {
    const scripted = word === 'generated' ? { 'query:init-script:x.service': answer('', 1, 'Failed to get unit file state') } : {}
    const { steps, refusals } = simulate(module, `name: x\nenabled: ${wish}`, { ...only({ enabled: word }), ...scripted })
    t.equal(refusals.length > 0 ? 'refused' : steps.join(), outcome, `${word}, wanted ${wish}`)
  }
})

t.test('only what is asked is looked at', async (t) => {
  t.strictSame(simulate(module, 'name: x\nstate: started', only({ active: 'active', enabled: 'enabled' })).read, [
    'unit:x.service',
    'query:unit-traits:x.service',
  ])
  t.strictSame(simulate(module, 'name: frr\nstate: restarted', host).differs, [])
  const { differs } = simulate(module, 'name: x\nenabled: true', only({ active: 'activating' }))
  t.strictSame(
    differs.map(({ path, after }) => [path[1], after]),
    [
      ['active', KNOWN_AFTER_APPLY],
      ['enabled', 'enabled'],
    ],
    'what is under way is not promised to stay so',
  )
})

t.test('a dry run', async (t) => {
  const unknown = { 'unit:frr.service': new UnknownIn('TASK [install frr]'), 'query:unit-traits:frr.service': traits() }
  const wished = simulate(module, 'name: frr\nstate: started\nenabled: true', unknown, { check: true })
  t.strictSame(
    wished.after['unit'],
    { loaded: KNOWN_AFTER_APPLY, active: 'active', enabled: 'enabled' },
    'what is wanted is known after the package is installed',
  )
  t.strictSame(wished.refusals, [])
  t.strictSame(simulate(module, 'name: frr\nstate: restarted', unknown, { check: true }).events, [{ name: 'restart', target: 'frr.service' }])

  const missing = {
    'unit:vpn@one.service': unit({ loaded: 'not-found', enabled: '' }),
    'query:unit-traits:vpn@one.service': traits(),
    'query:unit-files': ['vpnd.service'],
  }
  const args = 'name: vpn@one\nstate: started\nenabled: true'
  t.strictSame(simulate(module, args, missing).refusals, [{ summary: "there is no unit 'vpn@one.service'" }])
  const written = simulate(module, args, { ...missing, 'file:/etc/systemd/system/vpn@.service': { type: 'file' } }, { check: true })
  t.strictSame(written.refusals, [], 'a unit whose file a task before would write is not missing')
  t.match(written.after['unit'], { active: 'active', enabled: 'enabled' })
  t.strictSame(simulate(module, `${args}\ndaemon_reload: true`, missing, { check: true }).refusals, [], 'nor one that reading the files again may bring')
})

t.test('a start may start others', async (t) => {
  const related = only({ active: 'inactive' }, { related: ['dbus.socket', 'x.service', 'y.service'] })
  t.strictSame(simulate(module, 'name: x\nstate: started', related).affects, ['unit:dbus.socket', 'unit:y.service'])
  t.strictSame(simulate(module, 'name: x\nenabled: true', related).affects, [])
})

t.test('settling', async (t) => {
  const m = module as StateModule
  const { settles } = m
  const params = parametersOf(module, 'name: x\nstate: started') as never
  const situation = (more: object) => ({ params, before: only({}) as never, differs: [], events: [], ...more }) as never
  const before = { unit: unit({}) }
  t.equal(settles!.needed!(situation({ before, differs: [{ path: ['unit', 'active'] }] })), true)
  t.equal(settles!.needed!(situation({ before, events: [{ name: 'restart', target: 'x.service' }] })), true)
  t.equal(settles!.needed!(situation({ before, differs: [{ path: ['unit', 'enabled'] }] })), false, 'enabling needs no waiting')
  t.equal(
    settles!.needed!(situation({ before: { unit: unit({ active: 'oneshot' }) }, events: [{ name: 'start', target: 'x.service' }] })),
    false,
    'systemctl waits for a oneshot',
  )
  t.strictSame(
    m.evidence!(params).map(({ read }) => read.kind === 'query' && read.argv.join(' ')),
    ['journalctl --unit x.service --lines 20 --no-pager --output cat'],
  )

  const run = (more: Partial<UnitRun>): UnitRun => ({ active: 'active', sub: 'running', result: 'success', status: 0, restarts: 0, ...more })
  t.equal(isUp('x.service', run({}), 0), true)
  t.equal(isUp('x.service', run({ active: 'activating', sub: 'start' }), 0), false)
  t.equal(isUp('x.service', run({ active: 'reloading', sub: 'reload' }), 0), true)
  t.throws(() => isUp('x.service', run({ active: 'failed', sub: 'failed', result: 'exit-code', status: 3 }), 1200), {
    message: 'x.service started and ended within 2 s: exit-code, status 3',
  })
  t.throws(() => isUp('x.service', run({ active: 'inactive', sub: 'dead' }), 900), {
    message: 'x.service started and ended within 1 s: its main process ended without an error',
  })
  t.throws(() => isUp('x.service', run({ active: 'activating', sub: 'auto-restart', result: 'exit-code', status: 1 }), 500), {
    message: /within 1 s: exit-code, status 1; systemd goes on starting it/,
  })
  t.throws(() => isUp('x.service', run({ restarts: 2 }), 2500), { message: /within 3 s; systemd goes on starting it/ })
})

t.test('parameters', async (t) => {
  for (const [args, message] of [
    ['state: started', /needed with `state`/],
    ['name: x', /nothing is asked/],
    ['name: x\nmasked: true\nenabled: true', /neither started nor enabled/],
    ['name: x\nmasked: true\nstate: restarted', /neither started nor enabled/],
    ['name: x\nstate: running', /started/],
    ['name: x\nstate: started\nscope: user', /system/],
    ['name: x\nstate: started\nno_block: true', /no_block/],
  ] as const) {
    t.throws(() => parametersOf(module, args), { message }, args)
  }
  t.match(parametersOf(module, 'unit: backup.timer\nenabled: "yes"'), { name: 'backup.timer', enabled: true })
  t.match(parametersOf(module, 'service: sshd\nstate: started'), { name: 'sshd.service' })
})

t.test('what register gets', async (t) => {
  t.strictSame(simulate(module, 'name: frr\nstate: started\nenabled: true', host).result, {
    name: 'frr.service',
    state: 'started',
    enabled: true,
    status: { LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled' },
  })
})
