/** A list of rules that belongs to somebody else too: a route table, a security list. One rule is looked at; the others survive. */
import { param, z } from '../../../runner/module.ts'
import type { Probe, StepReply, Step } from '../../../runner/module.ts'
import { accountOf, accountParams } from './account.ts'
import type { AccountParams } from './account.ts'
import { live, named } from './live.ts'
import type { Live } from './live.ts'
import { update } from './write.ts'

/** How the list is named: by its OCID, or by its name in the compartment and, where that is not enough, the VCN. */
export const ruleListParams = (what: string) => ({
  id: param.nonEmptyString().optional().describe(`The OCID of the ${what}, or`),
  name: param.nonEmptyString().optional().describe('its name in the compartment.'),
  vcn_id: param.nonEmptyString().optional().describe(`The OCID of the VCN, where several have a ${what} of that name.`),
  compartment_id: param.nonEmptyString().describe('The OCID of the compartment.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether the rule shall be there. All other rules stay as they are.'),
  ...accountParams,
})

export interface RuleListParams extends AccountParams {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly vcn_id?: string | undefined
  readonly compartment_id: string
}

/** As the API has them: `getRouteTable` with `rtId`. */
export interface RuleList {
  /** For people: `route table`. */
  readonly what: string
  /** As `RouteTable`. */
  readonly operations: string
  readonly idName: string
}

/** The list's OCID and, of its rules, the one that is meant. */
export interface RuleState<R> {
  readonly id: string
  readonly rule: R | null
}

type ListModel = Live & Readonly<Record<string, unknown>>

/** The list that is named, with the rule that fits, or null where there is no such list. */
export function ruleProbe<R>(
  list: RuleList,
  p: RuleListParams,
  /** Tells this rule from the others of the list. */
  key: string,
  /** Finds it in the list as the API answers it. */
  find: (model: Readonly<Record<string, unknown>>) => R | undefined,
): Probe<RuleState<R> | null> {
  const request = { compartmentId: p.compartment_id, ...(p.vcn_id !== undefined && { vcnId: p.vcn_id }) }
  return live(
    list.what,
    { account: accountOf(p), service: 'network', operation: `list${list.operations}s`, request },
    named<ListModel>(p.id, p.name),
    (model) => ({ id: model.id, rule: find(model) ?? null }),
    key,
  )
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
