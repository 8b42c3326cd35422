/** A VCN and its subnets, which a task names and does not make. */
import type { Probe, Refusal } from '../../../runner/module.ts'
import { live } from './live.ts'
import type { Listing, Live, Wanted } from './live.ts'

type Account = Omit<Listing, 'operation' | 'service'>

export const vcnProbe = (account: Account, wanted: Wanted<Live>): Probe<{ readonly id: string } | null> =>
  live('VCN', { ...account, service: 'network', operation: 'listVcns' }, wanted, ({ id }: Live) => ({ id }))

interface SubnetModel extends Live {
  readonly vcnId: string
  readonly routeTableId: string
  readonly securityListIds?: readonly string[] | null
}

export interface SubnetState {
  readonly id: string
  readonly vcnId: string
  readonly routeTableId: string
  readonly securityListIds: readonly string[]
}

export const subnetProbe = (account: Account, wanted: Wanted<Live>): Probe<SubnetState | null> =>
  live(
    'subnet',
    { ...account, service: 'network', operation: 'listSubnets' },
    wanted,
    ({ id, vcnId, routeTableId, securityListIds }: SubnetModel): SubnetState => ({ id, vcnId, routeTableId, securityListIds: securityListIds ?? [] }),
  )

/** What is said where a prerequisite is not there: `subject` as `the VCN 'VCN-SEOUL-HUB'`, without its article. */
export const noPrerequisite = (subject: string): Refusal => ({
  summary: `there is no ${subject} in the compartment`,
  hint: 'It is a prerequisite: make it first, or correct its name, the compartment or the region.',
})
