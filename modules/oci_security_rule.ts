import { param, state, z } from '../runner/module.ts'
import type { Planned, StateOf } from '../runner/module.ts'
import type { Live } from './shared/oci/live.ts'
import { changeRules, hasOneVcn, missingList, ruleListParams, ruleProbe } from './shared/oci/rules.ts'
import type { RuleList, RuleTree } from './shared/oci/rules.ts'
import { LAGS_MS } from './shared/oci/write.ts'

const LIST: RuleList = { what: 'security list', operations: 'SecurityList', idName: 'securityListId', ofSubnet: ({ securityListIds }) => securityListIds }

/** https://www.iana.org/assignments/protocol-numbers/ */
const PROTOCOLS: Readonly<Record<string, string>> = { all: 'all', icmp: '1', tcp: '6', udp: '17', icmpv6: '58' }

const params = () =>
  z
    .object({
      direction: z.enum(['ingress', 'egress']).default('ingress').describe('What comes in, or what goes out.'),
      peer: param.nonEmptyString().describe('The prefix that it comes from, or goes to.'),
      protocol: z
        .preprocess(
          (value) => (typeof value === 'string' ? (PROTOCOLS[value.toLowerCase()] ?? value) : typeof value === 'number' ? String(value) : value),
          z.string().regex(/^(?:all|\d{1,3})$/),
        )
        .default('all')
        .describe('`all`, `icmp`, `tcp`, `udp`, or its number.'),
      port: z
        .preprocess(
          (value) => (typeof value === 'number' ? String(value) : value),
          z.string().regex(/^\d{1,5}(?:-\d{1,5})?$/, 'a port, or the first and the last as 8000-8010'),
        )
        .optional()
        .describe('The port it goes to, or the first and the last: `8000-8010`. With tcp and udp.'),
      stateless: param.bool().default(false).describe('Whether answers need a rule of their own.'),
      description: param.string().optional().describe('A description of the rule. Without it, it is left as it is.'),
      ...ruleListParams('security list'),
    })
    .strict()
    .refine((p) => (p.id === undefined) !== (p.name === undefined && p.subnet === undefined), {
      message: 'a security list is named by `id`, or by `name` or `subnet` or both',
    })
    .refine(hasOneVcn, { message: 'a VCN is named by one of `vcn` and `vcn_id`' })
    .refine((p) => p.port === undefined || p.protocol === '6' || p.protocol === '17', { message: '`port` is for tcp and udp' })
type Params = z.output<ReturnType<typeof params>>

interface PortOptions {
  readonly destinationPortRange?: { readonly min: number; readonly max: number } | null
  readonly sourcePortRange?: object | null
}

interface RuleModel {
  readonly protocol: string
  readonly source?: string
  readonly destination?: string
  readonly isStateless?: boolean | null
  readonly tcpOptions?: PortOptions | null
  readonly udpOptions?: PortOptions | null
  readonly icmpOptions?: object | null
  readonly description?: string | null
}

interface ListModel extends Live {
  readonly ingressSecurityRules: readonly RuleModel[]
  readonly egressSecurityRules: readonly RuleModel[]
}

/** What it lets pass is the same before and after; it is there for those who read a diff. */
type Rule = Omit<RuleModel, 'description'> & { readonly description: string | null }

const rulesName = ({ direction }: Params) => `${direction}SecurityRules` as const

function ports({ port }: Params): { min: number; max: number } | undefined {
  const [min, max] = (port ?? '').split('-').map(Number)
  return port === undefined ? undefined : { min: min!, max: max ?? min! }
}

/** Whether a rule lets the same pass; its description does not count. */
function isSame(rule: RuleModel, p: Params): boolean {
  const options = p.protocol === '6' ? rule.tcpOptions : p.protocol === '17' ? rule.udpOptions : undefined
  const [there, asked] = [options?.destinationPortRange ?? undefined, ports(p)]
  return (
    rule.protocol === p.protocol &&
    (p.direction === 'ingress' ? rule.source : rule.destination) === p.peer &&
    (rule.isStateless ?? false) === p.stateless &&
    there?.min === asked?.min &&
    there?.max === asked?.max &&
    (options?.sourcePortRange ?? rule.icmpOptions ?? undefined) === undefined
  )
}

const listProbe = (p: Params) =>
  ruleProbe(LIST, p, [p.direction, p.protocol, p.peer, p.port ?? '', p.stateless].join(' '), (list): Rule | undefined => {
    const rule = (list as unknown as ListModel)[rulesName(p)].find((each) => isSame(each, p))
    return rule && { ...model(p, null), description: rule.description ?? null }
  })

type State = StateOf<RuleTree<Rule>>

function plan(before: State, p: Params): Planned<State> {
  const missing = missingList(LIST, before, p)
  if (missing) return { after: {}, refusals: [missing] }
  const list = before.list!
  const rule = p.state === 'absent' ? null : { ...model(p, null), description: p.description ?? list.rule?.description ?? null }
  return { after: { list: { id: list.id, rule } } }
}

/** As the API takes it. */
function model(p: Params, description: string | null): RuleModel {
  const range = ports(p)
  return {
    protocol: p.protocol,
    isStateless: p.stateless,
    ...(p.direction === 'ingress' ? { source: p.peer, sourceType: 'CIDR_BLOCK' } : { destination: p.peer, destinationType: 'CIDR_BLOCK' }),
    ...(range && { [p.protocol === '6' ? 'tcpOptions' : 'udpOptions']: { destinationPortRange: range } }),
    ...(description !== null && { description }),
  }
}

export default state({
  summary: 'Has one rule in a security list of Oracle Cloud; the other rules stay as they are.',
  params,
  examples: [
    {
      name: 'IKE from anywhere',
      args: 'name: Default Security List for OnPremise-Libreswan\ncompartment_id: ocid1.compartment.oc1..example\nprotocol: udp\nport: 500\npeer: 0.0.0.0/0',
    },
    {
      name: 'the same where a subnet has several lists',
      args: 'subnet: Public Subnet-OnPremise-Libreswan\nname: Default Security List for OnPremise-Libreswan\ncompartment_id: ocid1.compartment.oc1..example\nprotocol: udp\nport: 4500\npeer: 0.0.0.0/0',
    },
    { name: 'everything from the other site', args: 'id: ocid1.securitylist.oc1..example\ncompartment_id: ocid1.compartment.oc1..example\npeer: 10.0.0.0/16' },
  ],
  returns: { security_list_id: "The list's OCID." },
  notes: ['A rule is known by its direction, protocol, peer, port and `stateless`; rules with source ports or ICMP types are others.'],
  probe: listProbe,
  plan,
  lagsMs: LAGS_MS,
  *apply({ params: p, before, after, differs }) {
    if (differs.length === 0) return
    const wanted = (after.list as State['list'])!.rule
    yield* changeRules(LIST, p, before.list!.id, (now) => {
      const others = (now as unknown as ListModel)[rulesName(p)].filter((each) => !isSame(each, p))
      return { [rulesName(p)]: wanted === null ? others : [...others, model(p, wanted.description)] }
    })
  },
  result: ({ after }) => ({ security_list_id: (after as Partial<State>).list?.id ?? null }),
})
