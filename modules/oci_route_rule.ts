import { KNOWN_AFTER_APPLY, param, state, z } from '../runner/module.ts'
import type { After, Planned, ProbeTree, StateOf } from '../runner/module.ts'
import { accountOf } from './shared/oci/account.ts'
import { drgProbe, noDrg } from './shared/oci/drg.ts'
import { idOf, named } from './shared/oci/live.ts'
import type { Live } from './shared/oci/live.ts'
import { changeRules, hasOneVcn, missingList, ruleListParams, ruleProbe } from './shared/oci/rules.ts'
import type { RuleList, RuleState, RuleTree } from './shared/oci/rules.ts'
import { LAGS_MS } from './shared/oci/write.ts'

const TABLE: RuleList = { what: 'route table', operations: 'RouteTable', idName: 'rtId', ofSubnet: ({ routeTableId }) => [routeTableId] }

const params = () =>
  z
    .object({
      destination: param.nonEmptyString().describe('The prefix that is routed, as `10.0.0.0/16`. A table has one rule for it.'),
      target_id: param.nonEmptyString().optional().describe('The OCID of what it is routed to (a DRG, a private IP address, a gateway), or'),
      drg: param.nonEmptyString().optional().describe('the name of a DRG in the compartment.'),
      description: param.string().optional().describe('A description of the rule. Without it, it is left as it is.'),
      ...ruleListParams('route table'),
    })
    .strict()
    .refine((p) => [p.id, p.name, p.subnet].filter((each) => each !== undefined).length === 1, {
      message: 'a route table is named by one of `id`, `name` and `subnet`',
    })
    .refine(hasOneVcn, { message: 'a VCN is named by one of `vcn` and `vcn_id`' })
    .refine((p) => p.state === 'absent' || (p.target_id === undefined) !== (p.drg === undefined), { message: 'a rule needs one of `target_id` and `drg`' })
type Params = z.output<ReturnType<typeof params>>

interface RouteRule {
  readonly destination?: string | null
  readonly destinationType?: string
  readonly networkEntityId: string
  readonly description?: string | null
}

interface TableModel extends Live {
  readonly routeRules: readonly RouteRule[]
}

interface Rule {
  readonly destination: string
  readonly networkEntityId: string
  readonly description: string | null
}

const tableProbe = (p: Params) =>
  ruleProbe(TABLE, p, p.destination, (model): Rule | undefined => {
    const rule = (model as unknown as TableModel).routeRules.find(({ destination }) => destination === p.destination)
    return rule && { destination: p.destination, networkEntityId: rule.networkEntityId, description: rule.description ?? null }
  })

const targetProbe = (p: Params) =>
  drgProbe({ account: accountOf(p), service: 'network', request: { compartmentId: p.compartment_id } }, named(undefined, p.drg))

type Tree = RuleTree<Rule> & {
  /** Where a DRG is named. */
  readonly drg: ReturnType<typeof targetProbe>
}
type State = StateOf<Tree>

function plan(before: State, p: Params): Planned<State> {
  const missing = missingList(TABLE, before, p)
  if (missing) return { after: {}, refusals: [missing] }
  const { list: table, drg } = before as State & { readonly list: RuleState<Rule> }
  if (p.state === 'absent') return { after: { list: { id: table.id, rule: null } } }
  if (p.drg !== undefined && drg === null) return { after: {}, refusals: [noDrg(p.drg)] }
  const rule = {
    destination: p.destination,
    networkEntityId: p.target_id ?? idOf(drg!),
    description: p.description ?? table.rule?.description ?? null,
  }
  return { after: { list: { id: table.id, rule } as After<State['list']> } }
}

export default state({
  summary: 'Has one rule in a route table of Oracle Cloud; the other rules stay as they are.',
  params,
  examples: [
    {
      name: 'to the other site by the DRG',
      args: 'name: Default Route Table for VCN-SEOUL-HUB\ncompartment_id: ocid1.compartment.oc1..example\ndestination: 10.0.0.0/16\ndrg: DRG-SEOUL-1',
    },
    {
      name: 'to the other site by an instance that routes',
      args: 'subnet: Public Subnet-OnPremise-Libreswan\ncompartment_id: ocid1.compartment.oc1..example\ndestination: 172.16.0.0/16\ntarget_id: ocid1.privateip.oc1..example',
    },
    {
      name: 'no such rule',
      args: 'id: ocid1.routetable.oc1..example\ncompartment_id: ocid1.compartment.oc1..example\ndestination: 10.0.0.0/16\nstate: absent',
    },
  ],
  returns: { route_table_id: "The table's OCID." },
  notes: ['A table is changed with the version that was read; where somebody else has changed it meanwhile it is read again.'],
  *probe(p): Generator<ProbeTree, Tree, never> {
    return { ...(yield* tableProbe(p)), ...(p.drg !== undefined && { drg: targetProbe(p) }) } as Tree
  },
  plan,
  lagsMs: LAGS_MS,
  *apply({ params: p, before, after, differs }) {
    if (differs.length === 0) return
    const wanted = (after.list as State['list'])!.rule
    const target = p.target_id ?? (before as Partial<State>).drg?.id
    yield* changeRules(TABLE, p, before.list!.id, (now) => {
      const others = (now as unknown as TableModel).routeRules.filter(({ destination }) => destination !== p.destination)
      const rule = {
        destination: p.destination,
        destinationType: 'CIDR_BLOCK',
        networkEntityId: target,
        ...(wanted?.description != null && { description: wanted.description }),
      }
      return { routeRules: wanted === null ? others : [...others, rule] }
    })
  },
  result: ({ after }) => ({ route_table_id: (after as Partial<State>).list?.id ?? KNOWN_AFTER_APPLY }),
})
