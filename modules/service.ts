import { file, isKnown, KNOWN_AFTER_APPLY, nearest, param, query, run, state, unit, z } from '../runner/module.ts'
import type { Affected, After, Difference, Event, FileState, Planned, Probe, ProbeTree, Refusal, StateOf, UnitState } from '../runner/module.ts'
import { isUp, unitFileOf, unitNamed, unitRun, unitTraits } from './shared/unit.ts'
import type { UnitRun, UnitTraits } from './shared/unit.ts'

/** How long a unit has to stay up after a start before it counts as started. */
const STAYS_MS = 3_000
/** `systemctl start` returns when the unit is up or has failed; this is for what comes after. */
const SETTLES_WITHIN_MS = 100_000

/** Only the unit and an init script's links are promised; the rest is read to know what a wish would do. */
type Tree = {
  readonly unit: Probe<UnitState>
  readonly traits: Probe<UnitTraits>
  /** For a unit that systemd made of something else, where `enabled` is asked: `enabled` or `disabled` of a script in /etc/init.d. */
  readonly initScript?: Probe<string | null>
  /** For a unit that is not there: where its file would be, in a dry run of a task before this one. */
  readonly ownFile?: Probe<FileState>
  readonly packageFile?: Probe<FileState>
  /** And the names of all units, to name a near one. */
  readonly names?: Probe<readonly string[]>
}
type State = StateOf<Tree>

const params = () =>
  z
    .object({
      name: param
        .nonEmptyString()
        .transform(unitNamed)
        .optional()
        .describe('The unit. Without a suffix it is a `.service`. Needed unless only `daemon_reload` or `daemon_reexec` is asked.'),
      state: z
        .enum(['started', 'stopped', 'restarted', 'reloaded'])
        .optional()
        .describe('`started` and `stopped` are states. `restarted` always restarts (or starts). `reloaded` always reloads, and starts what does not run.'),
      enabled: param.bool().optional().describe('Whether the unit starts on boot.'),
      masked: param.bool().optional().describe('Whether the unit is masked, so that nothing can start it.'),
      daemon_reload: param.bool().default(false).describe("Whether systemd reads all units' files again before anything else."),
      daemon_reexec: param.bool().default(false).describe('Whether systemd executes itself anew before anything else.'),
      force: param.bool().default(false).describe('When enabling, replace links that are in the way.'),
      scope: z.enum(['system']).default('system').describe('Whose units: only those of the system.'),
      use: z.enum(['auto', 'systemd']).default('auto').describe('Which service manager: there is only systemd.'),
    })
    .strict()
    .refine((p) => p.name !== undefined || (p.state === undefined && p.enabled === undefined && p.masked === undefined), {
      message: 'needed with `state`, `enabled` and `masked`',
      path: ['name'],
    })
    .refine((p) => p.state !== undefined || p.enabled !== undefined || p.masked !== undefined || p.daemon_reload || p.daemon_reexec, {
      message: 'nothing is asked: give `state`, `enabled`, `masked` or `daemon_reload`',
      path: ['state'],
    })
    .refine((p) => p.masked !== true || (p.enabled !== true && (p.state === undefined || p.state === 'stopped')), {
      message: 'a masked unit can be neither started nor enabled',
      path: ['masked'],
    })
type Params = z.output<ReturnType<typeof params>>

/** Reads the unit, and more only where the unit is not plain. */
function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  const name = p.name ?? ''
  const tree = { unit: unit(name), traits: unitTraits(name) }
  const seen = (yield tree) as StateOf<typeof tree>
  if (!isKnown(seen, 'unit')) return tree
  if (seen.unit.enabled === 'generated' && p.enabled !== undefined) return { ...tree, initScript: initScript(name) }
  if (seen.unit.loaded !== 'not-found' || mayBeMissing(p)) return tree
  const files = {
    ownFile: file(`/etc/systemd/system/${unitFileOf(name)}`, 'none'),
    packageFile: file(`/usr/lib/systemd/system/${unitFileOf(name)}`, 'none'),
  }
  const found = (yield files) as StateOf<typeof files>
  return isPresent(found, 'ownFile') || isPresent(found, 'packageFile') ? { ...tree, ...files } : { ...tree, ...files, names: unitNames() }
}

/** An init script's links, through systemd's own bridge to them; `systemctl show` only says `generated`. */
function initScript(name: string): Probe<string | null> {
  return query(
    `query:init-script:${name}`,
    ['systemctl', 'is-enabled', '--', name],
    (reply) => /^(?:enabled|disabled)$/.exec(reply.stdout.trim())?.[0] ?? null,
    {
      label: `${name} on boot`,
      okExitCodes: [0, 1],
    },
  )
}

function unitNames(): Probe<readonly string[]> {
  return query('query:unit-files', ['systemctl', 'list-unit-files', '--no-legend', '--no-pager', '--plain'], (reply) =>
    reply.stdout
      .split('\n')
      .map((line) => line.split(/\s/, 1)[0]!)
      .filter((name) => name !== ''),
  )
}

/** Reading the files again may bring the unit, and a unit that does not exist can be masked. */
function mayBeMissing(p: Params): boolean {
  return p.daemon_reload || p.daemon_reexec || p.masked === true
}

function isPresent(state: Pick<State, 'ownFile' | 'packageFile'>, key: 'ownFile' | 'packageFile'): boolean {
  return !isKnown(state, key) || (state[key] !== undefined && state[key].type !== 'absent')
}

function plan(before: State, p: Params): Planned<State> {
  const { name } = p
  if (name === undefined) return { after: {} }
  if (!isKnown(before, 'unit')) return { after: { unit: wished(undefined, p) } }

  const now = before.unit
  if (now.loaded === 'not-found') {
    if (mayBeMissing(p) || isPresent(before, 'ownFile') || isPresent(before, 'packageFile')) {
      const unit = wished(undefined, p)
      return { after: { unit: p.state === undefined && typeof unit === 'object' ? { ...unit, active: now.active } : unit } }
    }
    return { after: {}, refusals: [noSuchUnit(name, before.names ?? [])] }
  }
  const cannotStart = refusedState(name, before, p)
  const cannotEnable = refusedEnabling(name, before, p)
  const asked = { ...p, ...(cannotStart && { state: undefined }), ...((cannotEnable !== undefined || isScript(before)) && { enabled: undefined }) }
  const refusals = [cannotStart, cannotEnable].filter((refusal) => refusal !== undefined)
  return {
    after: {
      unit: wished(now, asked),
      ...(isScript(before) && p.enabled !== undefined && { initScript: p.enabled ? 'enabled' : 'disabled' }),
    },
    // A masked unit can be neither started nor enabled: that is said once.
    refusals: refusals.filter(({ summary }, index) => refusals.findIndex((other) => other.summary === summary) === index),
  }
}

/** The unit as it should be; `now` is undefined where it is not known, or not there yet. */
function wished(now: UnitState | undefined, p: Pick<Params, 'state' | 'enabled' | 'masked'>): After<UnitState> {
  const unmasks = p.masked === false && isMasked(now)
  const active = wishedActive(now?.active, p)
  const enabled = p.masked === true ? 'masked' : wishedEnabled(unmasks ? undefined : now?.enabled, p.enabled)
  const loaded = p.masked === true ? 'masked' : unmasks ? undefined : now?.loaded
  // What is under way ends by itself: it is promised to be as it is only where nothing is done.
  const moves = (active === 'activating' || active === 'deactivating') && (enabled !== now?.enabled || loaded !== now?.loaded)
  return { loaded: loaded ?? KNOWN_AFTER_APPLY, active: moves ? KNOWN_AFTER_APPLY : (active ?? KNOWN_AFTER_APPLY), enabled: enabled ?? KNOWN_AFTER_APPLY }
}

function wishedActive(now: string | undefined, p: Pick<Params, 'state' | 'masked'>): string | undefined {
  // Of a masked unit systemd does not know that it is a oneshot.
  if (now === 'oneshot') return p.masked === true ? 'inactive' : now
  if (p.state === undefined) return now
  return p.state === 'stopped' ? 'inactive' : 'active'
}

/** Words of systemd's with which a unit does not start on boot by itself. */
const NOT_ON_BOOT = new Set(['disabled', 'static', 'indirect', 'linked', 'linked-runtime', 'masked', 'masked-runtime', 'transient', ''])

function wishedEnabled(now: string | undefined, wish: boolean | undefined): string | undefined {
  if (wish === undefined) return now
  if (wish) return 'enabled'
  return now !== undefined && NOT_ON_BOOT.has(now) ? now : 'disabled'
}

function isScript(before: State): boolean {
  return typeof before.initScript === 'string'
}

function isMasked(now: UnitState | undefined): boolean {
  return now !== undefined && (now.loaded === 'masked' || now.enabled.startsWith('masked'))
}

function noSuchUnit(name: string, names: readonly string[]): Refusal {
  const suffix = name.slice(name.lastIndexOf('.'))
  const near = nearest(
    name.slice(0, -suffix.length),
    names.filter((other) => other.endsWith(suffix)).map((other) => other.slice(0, -suffix.length)),
  )
  return { summary: `there is no unit '${name}'`, ...(near !== undefined && { hint: `Did you mean '${near}${suffix}'?` }) }
}

function refusedState(name: string, { unit: now, traits }: State, p: Params): Refusal | undefined {
  if (p.state === undefined || p.state === 'stopped') return undefined
  if (isMasked(now) && p.masked !== false) return masked(name)
  if (p.state === 'reloaded' && now.active === 'active' && !traits.reloadable) {
    return { summary: `${name} cannot be reloaded: it has no ExecReload`, hint: 'Use `state: restarted`.' }
  }
  return undefined
}

/** Why a unit with this word of systemd's cannot be enabled. */
const CANNOT_ENABLE: Readonly<Record<string, string>> = {
  static: 'it has no [Install] section, other units start it',
  indirect: 'its [Install] section has only `Also=`, another unit is enabled in its place',
  generated: 'systemd makes it from other configuration at boot',
  transient: 'a program has made it, and it is gone after a boot',
  bad: 'its file is not valid',
  '': 'it has no file',
}

function refusedEnabling(name: string, before: State, p: Params): Refusal | undefined {
  const word = before.unit.enabled
  if (p.enabled === undefined || isScript(before)) return undefined
  if (!p.enabled) return word === 'generated' ? { summary: `${name} cannot be disabled: ${CANNOT_ENABLE[word]!}` } : undefined
  if (isMasked(before.unit)) return p.masked === false ? undefined : masked(name)
  const why = CANNOT_ENABLE[word]
  return why === undefined
    ? undefined
    : {
        summary: `${name} cannot be enabled: ${why}`,
        hint: word === 'indirect' ? `\`systemctl cat ${name}\` names the unit to enable.` : 'Leave `enabled` out.',
      }
}

function masked(name: string): Refusal {
  return { summary: `${name} is masked: nothing can start it`, hint: 'Add `masked: false` to unmask it.' }
}

function events({ before, params: p }: { before: State; params: Params }): Event[] {
  const manager = [
    ...(p.daemon_reexec ? [{ name: 'daemon-reexec', target: 'systemd' }] : []),
    ...(p.daemon_reload ? [{ name: 'daemon-reload', target: 'systemd' }] : []),
  ]
  const name = unitEvent(before, p)
  return p.name === undefined || name === undefined ? manager : [...manager, { name, target: p.name }]
}

function unitEvent(before: State, p: Params): 'start' | 'restart' | 'reload' | undefined {
  if (p.state === undefined || p.state === 'stopped') return undefined
  const now = isKnown(before, 'unit') ? before.unit : undefined
  if (now !== undefined && p.name !== undefined && refusedState(p.name, before, p) !== undefined) return undefined
  if (now?.loaded === 'not-found' && before.names !== undefined) return undefined
  if (p.state === 'restarted') return 'restart'
  if (now?.active === 'oneshot') return 'start'
  return p.state === 'reloaded' && (now === undefined || now.active === 'active') ? 'reload' : undefined
}

/** Starting and stopping one unit may start and stop others. */
function affects({ before, differs, params: p }: { before: State; differs: readonly Difference[]; params: Params }): Affected[] {
  const moves = differs.some(({ path }) => path[0] === 'unit' && (path.length === 1 || path[1] === 'active')) || p.state === 'restarted'
  if (p.name === undefined || !moves) return []
  if (!isKnown(before, 'traits')) return [{ resource: 'unit:*' }]
  return before.traits.related.filter((name) => name !== p.name).map((name) => ({ resource: `unit:${name}` as const }))
}

export default state({
  summary: 'Starts, stops, restarts, reloads, enables and masks units of systemd.',
  params,
  aliases: { name: ['service', 'unit'], daemon_reload: ['daemon-reload'], daemon_reexec: ['daemon-reexec'] },
  examples: [
    { name: 'FRR runs, now and after a boot', args: 'name: frr\nstate: started\nenabled: true' },
    { name: 'Libreswan reads its configuration anew', args: 'name: ipsec\nstate: restarted' },
    { name: 'A timer of its own', args: 'name: backup.timer\nenabled: true\nstate: started\ndaemon_reload: true' },
    { name: 'Nothing starts the other firewall', args: 'name: nftables\nmasked: true\nstate: stopped' },
    { name: 'systemd reads its units again', args: 'daemon_reload: true' },
  ],
  returns: {
    name: 'the unit',
    state: '`started` or `stopped`, where it is known',
    enabled: 'whether it starts on boot, where that was asked',
    status: 'what systemd says of it: `LoadState`, `ActiveState`, `UnitFileState`',
  },
  notes: [
    'After a start or restart the unit has to stay up for three seconds; Ansible takes the exit code of `systemctl` for success.',
    'A unit that cannot be enabled (static, indirect, generated, transient) is refused with `enabled: true`; Ansible says ok and does nothing.',
    'A unit that is enabled only until the next boot counts as not enabled.',
    'A masked unit that should be started is refused; a unit that has failed counts as stopped.',
    'Reloading a unit that has no reload is refused before anything is done.',
    'A oneshot unit that does not remain active is started each time, as with Ansible, and is shown as an event.',
    'Only systemd, only the units of the system. `no_block`, `sleep`, `pattern`, `runlevel` and `arguments` are refused; systemd has no use for the last four.',
  ],

  probe: (p: Params) => (p.name === undefined ? ({} as unknown as Tree) : probe(p)),
  plan,
  events,
  affects,

  *apply({ params: p, before, differs, events: happening }) {
    for (const event of happening) if (event.target === 'systemd') yield run(['systemctl', event.name])
    if (p.name === undefined) return
    // Enabling goes by the unit's own name: systemctl refuses to by an alias.
    const own = before.traits.id
    const changes = (key: keyof UnitState) => differs.some(({ path }) => path[0] === 'unit' && (path.length === 1 || path[1] === key))

    if (p.masked === true && (changes('loaded') || changes('enabled'))) yield run(['systemctl', 'mask', '--', own])
    if (p.masked === false && isMasked(before.unit)) yield run(['systemctl', 'unmask', '--', own])

    const wantsLinks = p.enabled !== undefined && p.masked !== true && (changes('enabled') || differs.some(({ path }) => path[0] === 'initScript'))
    if (wantsLinks && p.enabled === true) yield run(['systemctl', 'enable', ...(p.force ? ['--force'] : []), '--', own])
    if (wantsLinks && p.enabled === false) yield run(['systemctl', 'disable', '--', own])

    const verb = happening.find((event) => event.target === p.name)?.name
    if (verb !== undefined) yield run(['systemctl', verb, '--', p.name])
    else if (changes('active')) yield run(['systemctl', p.state === 'stopped' ? 'stop' : 'start', '--', p.name])
  },

  settles: {
    needed: ({ before, params: p, differs, events: happening }) =>
      p.name !== undefined &&
      before.unit.active !== 'oneshot' &&
      ((p.state !== undefined && p.state !== 'stopped' && differs.some(({ path }) => path[1] === 'active')) ||
        happening.some(({ name }) => name === 'restart')),
    watch: (p) => (p.name === undefined ? {} : { run: unitRun(p.name) }),
    when: (_, p, { watched, elapsedMs }) => isUp(p.name!, (watched as { run: UnitRun }).run, elapsedMs),
    withinMs: SETTLES_WITHIN_MS,
    staysMs: STAYS_MS,
  },

  evidence: (p) =>
    p.name === undefined
      ? []
      : [
          query(`live:journal:${p.name}`, ['journalctl', '--unit', p.name, '--lines', '20', '--no-pager', '--output', 'cat'], (reply) => reply.stdout, {
            label: `the last lines of ${p.name}`,
            okExitCodes: [0, 1, 127],
          }),
        ],

  result({ params: p, after }) {
    const now = after.unit
    if (p.name === undefined) return {}
    if (typeof now !== 'object') return { name: p.name }
    const known = (value: unknown) => (typeof value === 'string' ? value : undefined)
    const active = known(now.active)
    return {
      name: p.name,
      ...(active !== undefined && { state: active === 'active' ? 'started' : 'stopped' }),
      ...(p.enabled !== undefined && { enabled: known(now.enabled) === 'enabled' || after.initScript === 'enabled' }),
      status: { LoadState: known(now.loaded), ActiveState: active === 'oneshot' ? 'inactive' : active, UnitFileState: known(now.enabled) },
    }
  },
})
