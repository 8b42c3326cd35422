/** Groups of the host. */
import { KNOWN_AFTER_APPLY, param, run, state, z } from '../runner/module.ts'
import type { After, Planned, Probe, Promised, StateOf, Step, StepReply } from '../runner/module.ts'
import { accountFiles, groupOf } from './shared/accounts.ts'
import type { Group } from './shared/accounts.ts'

const params = () =>
  z
    .object({
      name: param.nonEmptyString().describe('The name.'),
      state: z.enum(['absent', 'present']).default('present').describe('Whether there is such a group.'),
      gid: param.int(0).optional().describe('Its number.'),
      system: param.bool().default(false).describe('Give a new group a number of those for the system.'),
      non_unique: param.bool().default(false).describe('Let it have a number that another group has.'),
      local: param
        .bool()
        .refine((wish) => !wish, 'libuser is not supported; leave local out')
        .default(false)
        .describe('Use the tools of libuser; only false.'),
      force: param.bool().default(false).describe('Remove it though it is the primary group of a user.'),
    })
    .strict()
    .superRefine((p, context) => {
      if (p.non_unique && p.gid === undefined) context.addIssue({ code: 'custom', path: ['non_unique'], message: 'non_unique is only of use with gid' })
    })
type Params = z.output<ReturnType<typeof params>>

type Probes = { readonly group: Probe<Group | null>; readonly taken?: Probe<Group | null> }
type State = StateOf<Probes>

function plan(before: State, p: Params): Planned<State> {
  if (p.state === 'absent') return { after: { group: null } }
  const now = before.group
  if (now !== null && (p.gid === undefined || p.gid === now.gid)) return { after: { group: now } }
  const taken = p.gid === undefined || p.non_unique ? null : before.taken
  if (taken && taken.name !== p.name) {
    return {
      after: {},
      refusals: [{ summary: `GID '${p.gid}' already exists with group '${taken.name}'`, hint: 'Choose another number, or set non_unique: true.' }],
    }
  }
  const after: After<Group> = { name: p.name, gid: p.gid ?? KNOWN_AFTER_APPLY, members: now?.members ?? [] }
  return { after: { group: after } }
}

function* apply({ params: p, before }: { params: Params; before: State }): Generator<Step, void, StepReply> {
  if (p.state === 'absent') {
    if (before.group !== null) yield run(['groupdel', ...(p.force ? ['-f'] : []), p.name])
    return
  }
  if (before.group === null && p.gid === undefined) {
    yield run(['groupadd', ...(p.system ? ['-r'] : []), p.name])
    return
  }
  const numbered = ['-g', String(p.gid), ...(p.non_unique ? ['-o'] : [])]
  if (before.group === null) yield run(['groupadd', ...numbered, ...(p.system ? ['-r'] : []), p.name])
  else if (before.group.gid !== p.gid) yield run(['groupmod', ...numbered, p.name])
}

function result(p: Params, group: Promised<State>['group']): Record<string, unknown> {
  const gid = group === null || group === undefined ? undefined : typeof group === 'symbol' ? KNOWN_AFTER_APPLY : group.gid
  return { name: p.name, state: p.state, ...(p.state === 'present' && { gid, system: p.system }) }
}

export default state({
  summary: 'Sees to it that a group of the host is there, or not.',
  params,
  examples: [
    { name: 'Those who may read the keys', args: 'name: ipsec\nsystem: true' },
    { name: 'A number of its own', args: 'name: operators\ngid: 4000' },
    { name: 'No longer needed', args: 'name: operators\nstate: absent' },
  ],
  returns: {
    name: 'The name.',
    gid: 'The number, where it is there.',
    state: 'present or absent.',
    system: 'Whether a new group was asked to be one of the system.',
  },

  probe: (p): Probes => ({
    group: groupOf(p.name, { byNumber: false }),
    ...(p.state === 'present' && p.gid !== undefined && !p.non_unique && { taken: groupOf(String(p.gid), { byNumber: true }) }),
  }),
  plan: (before, p) => plan(before, p),
  affects: () => accountFiles(),
  apply: (situation) => apply(situation),
  result: ({ params, before, after }) => result(params, (after as Promised<State>).group ?? before.group),
  resultInCheck: ({ params, before: { group } }) => (group !== null && params.state === 'present' ? result(params, group) : {}),
})
