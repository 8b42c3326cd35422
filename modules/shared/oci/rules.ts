/** A list of rules that belongs to somebody else too: a route table, a security list. One rule is looked at; the others survive. */
import { param, z } from '../../../runner/module.ts'
import type { Probe, ProbeTree, Refusal, Step, StepReply } from '../../../runner/module.ts'
import { accountOf, accountParams } from './account.ts'
import type { AccountParams } from './account.ts'
import { byNameOrId, live, named } from './live.ts'
import type { Live, Wanted } from './live.ts'
import { noPrerequisite, subnetProbe, vcnProbe } from './vcn.ts'
import type { SubnetState } from './vcn.ts'
import { update } from './write.ts'

/** As the API has them: `getRouteTable` with `rtId`. */
export interface RuleList {
  /** For people: `route table`. */
  readonly what: string
  /** As `RouteTable`. */
  readonly operations: string
  readonly idName: string
  /** Those that a subnet uses, by their OCIDs. */
  readonly ofSubnet: (subnet: SubnetState) => readonly string[]
}

/** How the list is named: by its OCID, by its name, or by a subnet that uses it. */
export const ruleListParams = (what: string) => ({
  id: param.nonEmptyString().optional().describe(`The OCID of the ${what}, or`),
  name: param.nonEmptyString().optional().describe('its name in the compartment, or'),
  subnet: param.nonEmptyString().optional().describe(`the name or the OCID of a subnet that uses it.`),
  vcn_id: param.nonEmptyString().optional().describe(`The OCID of the VCN, or`),
  vcn: param.nonEmptyString().optional().describe(`its name, where several have a ${what} or a subnet of that name.`),
  compartment_id: param.nonEmptyString().describe('The OCID of the compartment.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether the rule shall be there. All other rules stay as they are.'),
  ...accountParams,
})

export interface RuleListParams extends AccountParams {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly subnet?: string | undefined
  readonly vcn_id?: string | undefined
  readonly vcn?: string | undefined
  readonly compartment_id: string
}

export const hasOneVcn = ({ vcn, vcn_id: id }: RuleListParams): boolean => vcn === undefined || id === undefined

/** The list's OCID and, of its rules, the one that is meant. */
export interface RuleState<R> {
  readonly id: string
  readonly rule: R | null
}

/** What leads to the list, as far as it is named and there; and the list, where what leads to it is there. */
export type RuleTree<R> = {
  readonly vcn: Probe<{ readonly id: string } | null>
  readonly subnet: Probe<SubnetState | null>
  readonly list: Probe<RuleState<R> | null>
}

interface RuleStates<R> {
  readonly vcn?: { readonly id: string } | null
  readonly subnet?: SubnetState | null
  readonly list?: RuleState<R> | null
}

type ListModel = Live & Readonly<Record<string, unknown>>

/** Reads the list that is named, with the rule that fits. */
export function* ruleProbe<R>(
  list: RuleList,
  p: RuleListParams,
  /** Tells this rule from the others of the list. */
  key: string,
  /** Finds it in the list as the API answers it. */
  find: (model: Readonly<Record<string, unknown>>) => R | undefined,
): Generator<ProbeTree, RuleTree<R>, never> {
  const account = { account: accountOf(p), request: { compartmentId: p.compartment_id } }
  const vcn = p.vcn === undefined ? {} : { vcn: vcnProbe(account, named(undefined, p.vcn)) }
  const vcnId = p.vcn === undefined ? p.vcn_id : ((yield vcn) as unknown as RuleStates<R>).vcn?.id
  if (p.vcn !== undefined && vcnId === undefined) return vcn as RuleTree<R>
  const within = (id: string | undefined) => ({ ...account, request: { ...account.request, ...(id !== undefined && { vcnId: id }) } })
  const read = (request: ReturnType<typeof within>, wanted: Wanted<ListModel>) => ({
    list: live(
      list.what,
      { ...request, service: 'network', operation: `list${list.operations}s` },
      wanted,
      (model) => ({ id: model.id, rule: find(model) ?? null }),
      key,
    ),
  })
  if (p.subnet === undefined) return { ...vcn, ...read(within(vcnId), named(p.id, p.name)) } as RuleTree<R>

  const subnet = { subnet: subnetProbe(within(vcnId), byNameOrId(p.subnet)) }
  const found = ((yield subnet) as unknown as RuleStates<R>).subnet
  if (!found) return { ...vcn, ...subnet } as RuleTree<R>
  const ids = list.ofSubnet(found)
  // Of several, none is picked: which is meant has to be said.
  if (p.name === undefined && ids.length !== 1) return { ...vcn, ...subnet } as RuleTree<R>
  const wanted = {
    key: p.name ?? ids[0]!,
    label: p.name ?? `of ${p.subnet}`,
    fits: ({ id, displayName }: ListModel) => ids.includes(id) && (p.name === undefined || displayName === p.name),
  }
  return { ...vcn, ...subnet, ...read(within(found.vcnId), wanted) } as RuleTree<R>
}

/** Why there is no list that the task could mean; undefined where there is. */
export function missingList({ what, ofSubnet }: RuleList, { vcn, subnet, list }: RuleStates<unknown>, p: RuleListParams): Refusal | undefined {
  if (vcn === null) return noPrerequisite(`VCN '${p.vcn}'`)
  if (subnet === null) return noPrerequisite(`subnet '${p.subnet}'`)
  if (list) return undefined
  if (!subnet) return noPrerequisite(`${what} '${p.name ?? p.id}'`)
  const ids = ofSubnet(subnet)
  if (p.name === undefined && ids.length !== 1) {
    return { summary: `the subnet '${p.subnet}' has ${ids.length} ${what}s`, detail: ids.join('\n'), hint: 'Name the one that is meant with `name` or `id`.' }
  }
  return {
    summary: `the subnet '${p.subnet}' has no ${what}${p.name === undefined ? '' : ` '${p.name}'`} in the compartment`,
    hint: `It uses ${ids.join(', ')}; give the OCID with \`id\`, and the compartment that it is in.`,
  }
}

/** Replaces the list's rules, as they are at that moment, by what `change` makes of them. */
export function* changeRules(
  list: RuleList,
  p: RuleListParams,
  id: string,
  change: (now: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Generator<Step, void, StepReply> {
  yield* update(accountOf(p), 'network', list.operations, { [list.idName]: id }, change)
}
