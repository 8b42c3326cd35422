/** Users of the host. */
import { KNOWN_AFTER_APPLY, file, isKnown, orUnknown, param, query, run, state, withChanges, z } from '../runner/module.ts'
import type { After, AfterTree, FileState, Planned, Probe, ProbeTree, Promised, Refusal, StateOf, Step, StepReply } from '../runner/module.ts'
import { accountFiles, groupOf, passwdOf } from './shared/accounts.ts'
import type { Group, Passwd } from './shared/accounts.ts'
import { dirname, join } from './shared/target.ts'
import type { ByPath } from './shared/target.ts'

const SECONDS_A_DAY = 86_400

const params = () =>
  z
    .object({
      name: param.account().describe('The name.'),
      state: z.enum(['absent', 'present']).default('present').describe('Whether there is such a user.'),
      uid: param.int(0).optional().describe('The number.'),
      non_unique: param.bool().default(false).describe('Let the user have a number that another has.'),
      group: param.account().optional().describe('The primary group: a name, or a number.'),
      groups: param.list(param.string()).optional().describe('The other groups: exactly these, or with append at least these.'),
      append: param.bool().default(false).describe('Keep the groups that the user is in.'),
      comment: param.string().optional().describe('The full name, or what it is for.'),
      home: param.path().optional().describe('The home folder.'),
      shell: param.path().optional().describe('The shell.'),
      create_home: param.bool().default(true).describe('Make the home folder where it is missing.'),
      move_home: param.bool().default(false).describe('With a new home: move what is in the old one.'),
      skeleton: param.path().optional().describe('The folder whose files a new home gets.'),
      umask: z
        .string()
        .regex(/^0?[0-7]{3}$/)
        .optional()
        .describe('The umask with which a home is made.'),
      system: param.bool().default(false).describe('Make a new user one of the system.'),
      password: param.string().optional().describe('The password, hashed as crypt(3) has it.'),
      update_password: z.enum(['always', 'on_create']).default('always').describe('Whether the password of a user who is there is set.'),
      password_lock: param.bool().optional().describe('Whether the password is locked.'),
      expires: param.number().optional().describe('When the account expires, in seconds since 1970; below 0 never.'),
      password_expire_max: param.int().optional().describe('After how many days the password has to be changed; a new user has it unset.'),
      password_expire_min: param.int().optional().describe('How many days a password stays before it may be changed.'),
      force: param.bool().default(false).describe('With absent: though the user is logged in.'),
      remove: param.bool().default(false).describe('With absent: the home folder and mail as well.'),
      generate_ssh_key: param.bool().default(false).describe('Make an SSH key where there is none.'),
      ssh_key_bits: param.int(0).default(0).describe("Its length; without it, ssh-keygen's own."),
      ssh_key_type: z.enum(['rsa', 'dsa', 'ecdsa', 'ed25519']).default('rsa').describe('Its kind.'),
      ssh_key_file: z.string().min(1).optional().describe('Where it belongs: from the home folder; without it .ssh/id_TYPE.'),
      ssh_key_comment: param.string().optional().describe('Its comment; without it ansible-generated on HOST.'),
      ssh_key_passphrase: param.string().optional().describe('Its passphrase; without it the key has none.'),
      local: param
        .bool()
        .refine((wish) => !wish, 'libuser is not supported; leave local out')
        .default(false)
        .describe('Use the tools of libuser; only false.'),
    })
    .strict()
    .superRefine((p, context) => {
      if (p.non_unique && p.uid === undefined) context.addIssue({ code: 'custom', path: ['non_unique'], message: 'non_unique is only of use with uid' })
    })
type Params = z.output<ReturnType<typeof params>>

/** What stands in the shadow file. */
const SHADOWED = ['password', 'password_lock', 'expires', 'password_expire_max', 'password_expire_min'] as const

interface Shadow {
  readonly password: string
  /** Days since 1970, or empty. */
  readonly expires: string
  /** How many days a password stays, and when it has to be changed; may be empty. */
  readonly minDays: string
  readonly maxDays: string
}

type Probes = {
  readonly user: Probe<Passwd | null>
  readonly shadow?: Probe<Shadow | null>
  /** The names of the other groups, sorted. */
  readonly memberOf?: Probe<readonly string[]>
  /** The groups that are asked for, by what they are asked for with, and those that the user's own is among. */
  readonly groups?: Record<string, Probe<Group | null>>
  readonly home?: Record<string, Probe<FileState>>
  readonly key?: Record<string, Probe<FileState>>
  /** Null where there is no public key. */
  readonly fingerprint?: Probe<string | null>
  readonly publicKey?: Record<string, Probe<FileState>>
}
type State = StateOf<Probes>

// --- what to read ------------------------------------------------------------------------------------------------------

function* probe(p: Params): Generator<ProbeTree, Probes, never> {
  const user = passwdOf(p.name)
  if (p.state === 'absent') return { user, memberOf: memberOf(p.name) }
  const first: Probes = {
    user,
    ...(SHADOWED.some((name) => p[name] !== undefined) && { shadow: shadowOf(p.name) }),
    ...(p.groups !== undefined && { memberOf: memberOf(p.name) }),
  }
  const found: { user: Passwd | null } = yield first
  const isUserKnown = isKnown(found, 'user')
  const named = [
    ...(p.group === undefined ? [] : [p.group]),
    ...wishesOf(p),
    ...(p.group === undefined ? [p.name] : []),
    ...(p.groups !== undefined && isUserKnown && found.user !== null && isKnown(found.user, 'gid') ? [String(found.user.gid)] : []),
  ]
  // Of a new user it is known as well, for what a dry run asks later.
  const members = isUserKnown && found.user === null && !first.memberOf ? { memberOf: memberOf(p.name) } : {}
  const all = { ...first, ...members, groups: Object.fromEntries(named.map((name) => [name, groupOf(name, { byNumber: true })])) }
  const home = p.home ?? (isUserKnown ? homeOf(found.user, p) : undefined)
  if (home === undefined || home === '') return all
  const key = keyFile(p, home)
  return {
    ...all,
    // The home of a user who is there is made where it is missing; of a new one, useradd makes it.
    ...(p.create_home && isUserKnown && found.user !== null && isKnown(found.user, 'home') && { home: { [home]: file(home, 'none') } }),
    ...(p.generate_ssh_key && {
      key: { [key]: file(key, 'none') },
      fingerprint: query<string | null>(
        `query:ssh-key:${key}`,
        ['ssh-keygen', '-l', '-f', `${key}.pub`],
        (reply) => (reply.exitCode === 0 ? reply.stdout.trim() : null),
        { okExitCodes: [0, 1, 255, 127], tellsOf: [`file:${key}.pub`], label: `fingerprint of ${key}` },
      ),
      publicKey: { [`${key}.pub`]: file(`${key}.pub`) },
    }),
  } // prettier-ignore
}

function shadowOf(name: string): Probe<Shadow | null> {
  return query<Shadow | null>(
    `query:shadow:${name}`,
    ['getent', 'shadow', name],
    (reply) => {
      const fields = reply.stdout.split('\n', 1)[0]!.split(':')
      return reply.exitCode !== 0 || fields.length < 8 ? null : { password: fields[1]!, minDays: fields[3]!, maxDays: fields[4]!, expires: fields[7]! }
    },
    { okExitCodes: [0, 2], label: `shadow of ${name}` },
  )
}

/** Groups by membership alone: the primary one is none of them, unless the user is its member as well. */
function memberOf(name: string): Probe<readonly string[]> {
  return query<readonly string[]>(
    `query:groups-of:${name}`,
    ['getent', 'group'],
    (reply) =>
      reply.stdout
        .split('\n')
        .map((line) => line.split(':'))
        .filter(([, , , members]) => members?.split(',').includes(name))
        .map(([group]) => group!)
        .sort(),
    { label: `groups of ${name}` },
  )
}

function keyFile(p: Params, home: string): string {
  const name = p.ssh_key_file ?? `.ssh/id_${p.ssh_key_type}`
  return name.startsWith('/') ? name : join(home, name)
}

// --- what it should be -------------------------------------------------------------------------------------------------

function wishesOf(p: Params): string[] {
  return (p.groups ?? []).filter((name) => name !== '')
}

function plan(before: State, p: Params): Planned<State> {
  if (p.state === 'absent') return { after: { user: null, ...(before.user !== null && { memberOf: [] }) } }
  const now = before.user
  const wishes = wishesOf(p)
  const primary = p.group === undefined ? undefined : before.groups![p.group]!
  const missing = [...(p.group === undefined ? [] : [p.group]), ...wishes].filter((name) => before.groups![name] === null)
  if (missing.length > 0) {
    return {
      after: {},
      refusals: missing.map((name): Refusal => ({ summary: `Group ${name} does not exist`, hint: 'Create it first, with the module group.' })),
    }
  }
  const wished: Wished = {
    uid: p.uid,
    // In a dry run a group that an earlier task makes has no number yet.
    gid: primary ? (isKnown(primary, 'gid') ? primary.gid : KNOWN_AFTER_APPLY) : undefined,
    comment: p.comment,
    home: p.home,
    shell: p.shell,
  }
  const user = now ? withChanges(now, wished) : newUser(p.name, wished)
  const [home] = Object.keys(before.home ?? {})
  const [key] = Object.keys(before.key ?? {})
  return {
    after: {
      user,
      ...('shadow' in before && { shadow: plannedShadow(before, p) }),
      ...('memberOf' in before && { memberOf: plannedGroups(before, p, wishes, primary?.name) }),
      ...(home !== undefined && before.home![home]!.type === 'absent' && { home: { [home]: newHome(p) } }),
      ...(key !== undefined &&
        before.key![key]!.type === 'absent' && {
          key: { [key]: NEW_KEY },
          fingerprint: KNOWN_AFTER_APPLY,
          publicKey: { [`${key}.pub`]: { ...NEW_KEY, mode: KNOWN_AFTER_APPLY } },
        }),
    },
  }
}

function plannedShadow(before: State, p: Params): After<Shadow> {
  const now = before.user === null ? null : before.shadow
  const isSet = p.password !== undefined && (!now || (p.update_password === 'always' && bare(p.password) !== bare(now.password)))
  let password: string | typeof KNOWN_AFTER_APPLY = isSet ? p.password! : (now?.password ?? KNOWN_AFTER_APPLY)
  if (typeof password === 'string' && p.password_lock === true && !password.startsWith('!')) password = `!${password}`
  // An account that never had a password cannot be unlocked.
  if (typeof password === 'string' && p.password_lock === false && bare(password) !== '') password = bare(password)
  const days = (wish: number | undefined, key: 'minDays' | 'maxDays') => (wish === undefined ? (now?.[key] ?? KNOWN_AFTER_APPLY) : wish < 0 ? '' : String(wish))
  return {
    password,
    expires: p.expires === undefined ? (now?.expires ?? '') : p.expires < 0 ? '' : String(Math.floor(p.expires / SECONDS_A_DAY)),
    minDays: days(p.password_expire_min, 'minDays'),
    maxDays: days(p.password_expire_max, 'maxDays'),
  }
}

/** Where a user's home is, or will be. */
function homeOf(user: Passwd | null, { name }: Params): string {
  return user !== null && isKnown(user, 'home') ? user.home : `/home/${name}`
}

type Wished = { readonly [K in keyof Omit<Passwd, 'name'>]: After<Passwd[K]> | undefined }

function newUser(name: string, { uid, gid, comment, home, shell }: Wished): After<Passwd> {
  const decided: typeof KNOWN_AFTER_APPLY = KNOWN_AFTER_APPLY
  return { name, uid: uid ?? decided, gid: gid ?? decided, comment: comment ?? '', home: home ?? decided, shell: shell ?? decided }
}

/** A hash without the mark of a lock. */
function bare(password: string): string {
  return password.replace(/^!+/, '')
}

function plannedGroups(before: State, p: Params, wishes: readonly string[], primary: string | undefined): readonly string[] {
  const own = primary ?? ownGroup(before)
  const current = before.user === null ? [] : before.memberOf!
  const wanted = wishes.map((name) => before.groups![name]!.name)
  if (p.append) return [...new Set([...current, ...wanted.filter((name) => name !== own)])].sort()
  // Whether the user is named in the primary group as well is of no meaning.
  return [...new Set([...wanted.filter((name) => name !== own), ...current.filter((name) => name === own)])].sort()
}

/** The name of the user's primary group: of a user whom a dry run has made it is the user's own. */
function ownGroup({ user, groups }: State): string | undefined {
  if (user === null) return undefined
  return isKnown(user, 'gid') ? groups?.[String(user.gid)]?.name : user.name
}

function newHome(p: Params): After<FileState> {
  return { type: 'directory', mode: KNOWN_AFTER_APPLY, owner: p.name, group: KNOWN_AFTER_APPLY }
}

const NEW_KEY = { type: 'file', mode: '0600', owner: KNOWN_AFTER_APPLY, group: KNOWN_AFTER_APPLY, content: KNOWN_AFTER_APPLY } as const

// --- getting there -----------------------------------------------------------------------------------------------------

interface Situation {
  readonly params: Params
  readonly before: State
  readonly after: AfterTree<State>
}

function* apply({ params: p, before, after: planned }: Situation): Generator<Step, Record<string, unknown>, StepReply> {
  const after: Promised<State> = planned
  if (p.state === 'absent') {
    if (before.user === null) return {}
    const reply = yield run(['userdel', ...(p.force ? ['-f'] : []), ...(p.remove ? ['-r'] : []), p.name], { okExitCodes: [0, 12] })
    return said(reply)
  }
  const output = before.user === null ? yield* create(p, before, after) : yield* modify(p, before, before.user, after)
  if (before.user !== null) yield* makeHome(p, before, after)
  yield* lockSteps(p, before, after)
  yield* makeKey(p, before)
  yield* setDays(p, before, after)
  return output
}

function said({ stdout, stderr }: StepReply): Record<string, unknown> {
  return { ...(stdout !== '' && { stdout }), ...(stderr !== '' && { stderr }) }
}

/** The options that useradd and usermod share, for what differs. */
function* optionsFor(p: Params, now: Passwd | null, after: Promised<State>): Generator<string> {
  const user = after.user as Exclude<After<Passwd>, symbol>
  if (p.uid !== undefined && p.uid !== now?.uid) yield* ['-u', String(p.uid), ...(p.non_unique ? ['-o'] : [])]
  if (p.group !== undefined && user.gid !== now?.gid) yield* ['-g', p.group]
  if (p.comment !== undefined && p.comment !== now?.comment) yield* ['-c', p.comment]
  if (p.shell !== undefined && p.shell !== now?.shell) yield* ['-s', p.shell]
}

function* create(p: Params, before: State, after: Promised<State>): Generator<Step, Record<string, unknown>, StepReply> {
  const options = [...optionsFor(p, null, after)]
  // A group of that name is not made anew; the user then gets the host's default group.
  if (p.group === undefined && before.groups?.[p.name]) options.push('-N')
  const groups = (after.memberOf as readonly string[] | undefined) ?? []
  if (groups.length > 0) options.push('-G', groups.join(','))
  if (p.home !== undefined) options.push('-d', p.home)
  if (p.create_home && p.home !== undefined && dirname(p.home) !== '/') yield run(['mkdir', '-p', dirname(p.home)])
  options.push(p.create_home ? '-m' : '-M')
  if (p.create_home && p.skeleton !== undefined) options.push('-k', p.skeleton)
  if (p.create_home && p.umask !== undefined) options.push('-K', `UMASK=${p.umask}`)
  if (p.system) options.push('-r')
  if (p.expires !== undefined && p.expires >= 0) options.push('-e', dayOf(p.expires))
  return said(yield run(['useradd', ...options, ...password(p, before, after), p.name], { secret: p.password !== undefined }))
}

/** As usermod takes it. */
function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

function password(p: Params, before: State, after: Promised<State>): string[] {
  const next = (after.shadow as Exclude<After<Shadow>, symbol> | undefined)?.password
  const now = before.user === null ? undefined : before.shadow?.password
  return p.password !== undefined && typeof next === 'string' && next !== now ? ['-p', next] : []
}

function* modify(p: Params, before: State, now: Passwd, after: Promised<State>): Generator<Step, Record<string, unknown>, StepReply> {
  const options = [...optionsFor(p, now, after)]
  const groups = after.memberOf as readonly string[] | undefined
  if (groups !== undefined && groups.join() !== before.memberOf!.join()) options.push('-G', groups.join(','))
  if (p.home !== undefined && p.home !== now.home) options.push('-d', p.home, ...(p.move_home ? ['-m'] : []))
  const shadow = after.shadow as Exclude<After<Shadow>, symbol> | undefined
  if (p.expires !== undefined && shadow!.expires !== before.shadow?.expires) options.push('-e', p.expires < 0 ? '' : dayOf(p.expires))
  const secret = password(p, before, after)
  if (options.length + secret.length === 0) return {}
  return said(yield run(['usermod', ...options, ...secret, p.name], { secret: secret.length > 0 }))
}

/** A lock that does not come along with a password. */
function* lockSteps(p: Params, before: State, after: Promised<State>): Generator<Step, void, StepReply> {
  if (p.password_lock === undefined || password(p, before, after).length > 0) return
  const next = (after.shadow as Exclude<After<Shadow>, symbol>).password
  const now = before.user === null ? undefined : before.shadow?.password
  if (next === now || (next === KNOWN_AFTER_APPLY && !p.password_lock)) return
  yield run(['usermod', p.password_lock ? '-L' : '-U', p.name])
}

function* setDays(p: Params, before: State, after: Promised<State>): Generator<Step, void, StepReply> {
  const now = before.user === null ? undefined : before.shadow
  const next = after.shadow as Exclude<After<Shadow>, symbol> | undefined
  const options = [
    ...(p.password_expire_min !== undefined && next!.minDays !== now?.minDays ? ['-m', String(p.password_expire_min)] : []),
    ...(p.password_expire_max !== undefined && next!.maxDays !== now?.maxDays ? ['-M', String(p.password_expire_max)] : []),
  ]
  if (options.length > 0) yield run(['chage', ...options, p.name])
}

function* makeHome(p: Params, before: State, after: Promised<State>): Generator<Step, void, StepReply> {
  const [home] = Object.keys(before.home ?? {})
  if (home === undefined || before.home![home]!.type !== 'absent' || !after.home) return
  // usermod may have moved the old one here.
  const there = yield run(['test', '-d', home], { okExitCodes: [0, 1] })
  if (there.exitCode === 0) return
  if (dirname(home) !== '/') yield run(['mkdir', '-p', dirname(home)])
  const skeleton = p.skeleton ?? '/etc/skel'
  const hasSkeleton = yield run(['test', '-d', skeleton], { okExitCodes: [0, 1] })
  yield run(hasSkeleton.exitCode === 0 ? ['cp', '-rT', skeleton, home] : ['mkdir', home])
  yield run(['chmod', p.umask === undefined ? '0755' : (0o777 & ~Number.parseInt(p.umask, 8)).toString(8).padStart(4, '0'), home])
  const { gid } = after.user as Exclude<After<Passwd>, symbol>
  yield run(['chown', '-R', `${p.name}:${typeof gid === 'symbol' ? '' : gid}`, home])
}

function* makeKey(p: Params, before: State): Generator<Step, void, StepReply> {
  const [key] = Object.keys(before.key ?? {})
  if (key === undefined || before.key![key]!.type !== 'absent') return
  const folder = dirname(key)
  const there = yield run(['test', '-d', folder], { okExitCodes: [0, 1] })
  const group = (yield run(['id', '-g', p.name])).stdout.trim()
  if (there.exitCode !== 0) {
    yield run(['mkdir', '-m', '0700', folder])
    yield run(['chown', `${p.name}:${group}`, folder])
  }
  const comment = p.ssh_key_comment ?? `ansible-generated on ${(yield run(['uname', '-n'])).stdout.trim()}`
  const bits = p.ssh_key_bits === 0 ? [] : ['-b', String(p.ssh_key_bits)]
  yield run(['ssh-keygen', '-q', '-t', p.ssh_key_type, ...bits, '-C', comment, '-f', key, '-N', p.ssh_key_passphrase ?? ''], {
    secret: p.ssh_key_passphrase !== undefined,
  })
  yield run(['chown', `${p.name}:${group}`, key, `${key}.pub`])
}

// --- what `register` gets ----------------------------------------------------------------------------------------------

function result({ params: p, before, after: planned, returned }: Situation & { returned: unknown }): Record<string, unknown> {
  const after: Promised<State> = planned
  const output = (returned as Record<string, unknown> | undefined) ?? {}
  if (p.state === 'absent') return { name: p.name, state: p.state, ...(before.user !== null && { force: p.force, remove: p.remove }), ...output }
  const user = (after.user ?? before.user) as Exclude<After<Passwd>, symbol> | null
  const [key] = Object.keys(before.key ?? {})
  return {
    name: p.name,
    state: p.state,
    ...(before.user === null ? { create_home: p.create_home, system: p.system } : { append: p.append, move_home: p.move_home }),
    ...(p.groups !== undefined && { groups: p.groups.filter((name) => name !== '').join(',') }),
    ...(p.password !== undefined && { password: 'NOT_LOGGING_PASSWORD' }),
    ...(user && { uid: user.uid, group: user.gid, comment: user.comment, home: user.home, shell: user.shell }),
    ...(key !== undefined && {
      ssh_key_file: key,
      ssh_fingerprint: orUnknown(() => after.fingerprint ?? before.fingerprint),
      ssh_public_key: orUnknown(() => publicKeyText(((after.publicKey ?? before.publicKey) as ByPath<After<FileState>>)[`${key}.pub`])),
    }),
    ...output,
  }
}

function publicKeyText(key: After<FileState> | undefined): unknown {
  if (key === undefined || typeof key === 'symbol' || key.type !== 'file') return null
  return key.content === KNOWN_AFTER_APPLY ? KNOWN_AFTER_APPLY : (key.content.text?.trim() ?? null)
}

export default state({
  summary: 'Sees to it that a user of the host is there, or not.',
  params,
  aliases: { name: ['user'], create_home: ['createhome'] },
  examples: [
    { name: 'Who runs the daemon', args: 'name: frr\nsystem: true\ncreate_home: false\nshell: /usr/sbin/nologin' },
    { name: 'An operator', args: 'name: operator\ncomment: On call\ngroups: [adm, systemd-journal]\nappend: true\nshell: /bin/bash' },
    { name: 'One who left', args: 'name: operator\nstate: absent\nremove: true' },
    { name: 'With a key', args: 'name: backup-user\nuid: 4100\ngenerate_ssh_key: true\nssh_key_type: ed25519' },
  ],
  returns: {
    name: 'The name.',
    state: 'present or absent.',
    uid: 'The number.',
    group: 'The number of the primary group.',
    groups: 'The other groups that were asked for.',
    home: 'The home folder.',
    shell: 'The shell.',
    comment: 'The comment.',
    create_home: 'Of a new user: whether the home was asked for.',
    ssh_key_file: 'Where the key is.',
    ssh_fingerprint: 'Its fingerprint.',
    ssh_public_key: 'The public key.',
  },
  notes: [
    'A password is compared and set as a hash; it is never shown, nor is the one that was there.',
    'Where a user is new and group is not given, useradd decides on the number, the group, the home and the shell, unless they are given.',
    '`local`, `login_class`, `authorization`, `profile`, `role`, `seuser` and `hidden` are not supported.',
  ],

  secrets: ({ params: p, state }) => [
    // What locks an account is no secret: `*`, `!`.
    ...[p.password, orUnknown(() => state?.shadow?.password)].filter((hash): hash is string => typeof hash === 'string' && bare(hash).length > 4).map(bare),
    p.ssh_key_passphrase,
  ],
  probe,
  plan,
  affects: ({ before, params: p, differs }) => {
    const isThere = isKnown(before, 'user') && before.user !== null
    const home = p.home ?? (isThere && isKnown(before.user, 'home') ? before.user.home : undefined) ?? `/home/${p.name}`
    const stays = isThere && p.state === 'present'
    const isMoved = !stays || differs.some(({ path }) => path[0] === 'user' && path[1] === 'home')
    return [
      ...accountFiles(),
      ...(isMoved ? ([{ resource: `file:${home}` }, { resource: `file:${home}/*` }] as const) : []),
      // A new user may get a group of the same name, and leave with it.
      ...(stays ? [] : ([{ resource: `query:group-entry:${p.name}` }] as const)),
    ]
  },
  apply,
  result,
  resultInCheck: (situation) => {
    const isThere = situation.before.user !== null && situation.params.state === 'present'
    return isThere ? result({ ...situation, after: {} as typeof situation.after }) : {}
  },
})
