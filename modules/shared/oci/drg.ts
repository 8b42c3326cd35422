/** The DRG that a task names. */
import type { Probe, Refusal } from '../../../runner/module.ts'
import { live } from './live.ts'
import type { Listing, Live, Wanted } from './live.ts'

interface DrgModel extends Live {
  readonly freeformTags?: Readonly<Record<string, string>> | null
}

export interface DrgState {
  readonly id: string
  readonly displayName: string | null
  readonly freeformTags: Readonly<Record<string, string>>
}

export const drgProbe = (listing: Omit<Listing, 'operation'>, wanted: Wanted<Live>): Probe<DrgState | null> =>
  live('DRG', { ...listing, operation: 'listDrgs' }, wanted, ({ id, displayName, freeformTags }: DrgModel) => ({
    id,
    displayName: displayName ?? null,
    freeformTags: freeformTags ?? {},
  }))

export const noDrg = (name: string): Refusal => ({ summary: `there is no DRG '${name}' in the compartment`, hint: 'Make it first, with oci_drg.' })
