import { param, state, z } from '../runner/module.ts'
import type { Planned, ProbeTree, Refusal, StateOf } from '../runner/module.ts'
import { accountOf, accountParams } from './shared/oci/account.ts'
import { all, byNameOrId, live, one } from './shared/oci/live.ts'
import type { Listing, Live } from './shared/oci/live.ts'
import { noPrerequisite } from './shared/oci/vcn.ts'
import { LAGS_MS, update } from './shared/oci/write.ts'

const params = () =>
  z
    .object({
      instance: param.nonEmptyString().optional().describe('The name of the instance whose VNIC it is, or its OCID; or'),
      vnic_id: param.nonEmptyString().optional().describe('the OCID of the VNIC.'),
      compartment_id: param.nonEmptyString().describe('The OCID of the compartment of the instance.'),
      private_ip: param.nonEmptyString().optional().describe('Which VNIC of the instance: that with this primary private address. Default: the primary VNIC.'),
      skip_source_dest_check: param
        .bool()
        .optional()
        .describe('Whether it passes packets that are not from or for its own addresses, as a router has to. Without it, it is left as it is.'),
      display_name: param.nonEmptyString().optional().describe('What the VNIC shall be called. Without it, its name is left as it is.'),
      ...accountParams,
    })
    .strict()
    .refine((p) => (p.instance === undefined) !== (p.vnic_id === undefined), { message: 'a VNIC is named by one of `instance` and `vnic_id`' })
    .refine((p) => p.private_ip === undefined || p.instance !== undefined, { message: '`private_ip` goes with `instance`' })
type Params = z.output<ReturnType<typeof params>>

interface AttachmentModel extends Live {
  readonly vnicId?: string | null
}

interface VnicModel extends Live {
  readonly isPrimary?: boolean | null
  readonly privateIp?: string | null
  readonly publicIp?: string | null
  readonly subnetId?: string | null
  readonly skipSourceDestCheck?: boolean | null
}

interface PrivateIpModel extends Live {
  readonly isPrimary?: boolean
}

const asked = (p: Params, service: Listing['service'], operation: string, request: Listing['request']): Listing => ({
  account: accountOf(p),
  service,
  operation,
  request,
})

const instanceProbe = (p: Params, instance: string) =>
  live('instance', asked(p, 'compute', 'listInstances', { compartmentId: p.compartment_id }), byNameOrId(instance), ({ id }: Live) => ({ id }))

/** The OCIDs of an instance's VNICs. */
const attachmentsProbe = (p: Params, instanceId: string) =>
  all(asked(p, 'compute', 'listVnicAttachments', { compartmentId: p.compartment_id, instanceId }), ({ vnicId }: AttachmentModel) => vnicId ?? null)

const vnicProbe = (p: Params, vnicId: string) =>
  one(`VNIC ${vnicId}`, asked(p, 'network', 'getVnic', { vnicId }), ({ id, displayName = null, skipSourceDestCheck, ...model }: VnicModel) => ({
    id,
    displayName,
    skipSourceDestCheck: skipSourceDestCheck ?? false,
    isPrimary: model.isPrimary ?? false,
    privateIp: model.privateIp ?? null,
    publicIp: model.publicIp ?? null,
    subnetId: model.subnetId ?? null,
  }))

/** A VNIC's private addresses. */
const addressesProbe = (p: Params, vnicId: string) =>
  all(asked(p, 'network', 'listPrivateIps', { vnicId }), ({ id, isPrimary = false }: PrivateIpModel) => ({ id, isPrimary }))

type Tree = {
  /** Where it is named by its instance. */
  readonly instance: ReturnType<typeof instanceProbe>
  /** The one that is meant, where it is there. */
  readonly vnic: ReturnType<typeof vnicProbe>
  /** Of that one. */
  readonly addresses: ReturnType<typeof addressesProbe>
  /** Where none is meant, those of the instance, by OCID. */
  readonly others: Readonly<Record<string, ReturnType<typeof vnicProbe>>>
}
type State = StateOf<Tree>

function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  const instance = p.instance === undefined ? {} : { instance: instanceProbe(p, p.instance) }
  const vnicIds = p.vnic_id === undefined ? yield* idsOfInstance(p) : [p.vnic_id]
  const vnics = Object.fromEntries(vnicIds.map((id) => [id, vnicProbe(p, id)] as const))
  const { others = {} } = (yield { others: vnics }) as unknown as Partial<State>
  const found = Object.values(others).find((vnic) => {
    if (vnic === null || p.vnic_id !== undefined) return vnic !== null
    return p.private_ip === undefined ? vnic.isPrimary : vnic.privateIp === p.private_ip
  })
  const meant = found ? { vnic: vnicProbe(p, found.id), addresses: addressesProbe(p, found.id) } : { others: vnics }
  return { ...instance, ...meant } as unknown as Tree
}

function* idsOfInstance(p: Params): Generator<ProbeTree, string[], never> {
  const { instance } = (yield { instance: instanceProbe(p, p.instance!) }) as unknown as State
  if (instance === null) return []
  const { attachments } = (yield { attachments: attachmentsProbe(p, instance.id) }) as unknown as { readonly attachments: readonly (string | null)[] }
  // An attachment that is just being made has no VNIC yet.
  return attachments.filter((id) => id !== null)
}

function plan(before: State, p: Params): Planned<State> {
  const { vnic } = before as Partial<State>
  if (!vnic) return { after: {}, refusals: [missing(before, p)] }
  const displayName = p.display_name ?? vnic.displayName
  const skipSourceDestCheck = p.skip_source_dest_check ?? vnic.skipSourceDestCheck
  return { after: { vnic: { ...vnic, displayName, skipSourceDestCheck } } }
}

function missing({ instance, others = {} }: Partial<State>, p: Params): Refusal {
  if (p.vnic_id !== undefined) return { summary: `there is no VNIC ${p.vnic_id}`, hint: 'Correct its OCID, or the region.' }
  if (instance === null) return noPrerequisite(`instance '${p.instance}'`)
  const addresses = Object.values(others).map((vnic) => vnic?.privateIp ?? 'none')
  if (addresses.length === 0) return { summary: `the instance '${p.instance}' has no VNIC`, hint: 'Wait until it is RUNNING.' }
  return {
    summary: `the instance '${p.instance}' has no ${p.private_ip === undefined ? 'primary VNIC' : `VNIC with the primary private address ${p.private_ip}`}`,
    hint: `Its VNICs have ${addresses.join(', ')}.`,
  }
}

export default state({
  summary: 'Changes a network card (VNIC) of an instance of Oracle Cloud, and tells its addresses.',
  params,
  examples: [
    {
      name: 'an instance that routes',
      args: 'instance: Libreswan\ncompartment_id: ocid1.compartment.oc1..example\nskip_source_dest_check: true',
    },
    { name: 'what addresses it has', args: 'instance: OCI VM Instance-1\ncompartment_id: ocid1.compartment.oc1..example' },
  ],
  returns: {
    vnic_id: "The VNIC's OCID.",
    private_ip_id: 'The OCID of its primary private address: what a route rule has as its target.',
    private_ip: 'Its primary private address.',
    public_ip: 'Its public address, or null.',
    subnet_id: "Its subnet's OCID.",
  },
  notes: ['An instance is found by its name among all that are alive in the compartment; two with one name are an error.'],
  probe,
  plan,
  lagsMs: LAGS_MS,
  *apply({ params: p, before, differs }) {
    if (differs.length === 0) return
    const { display_name: displayName, skip_source_dest_check: skipSourceDestCheck } = p
    yield* update(accountOf(p), 'network', 'Vnic', { vnicId: before.vnic!.id }, () => ({
      ...(displayName !== undefined && { displayName }),
      ...(skipSourceDestCheck !== undefined && { skipSourceDestCheck }),
    }))
  },
  result({ before, after }) {
    const { vnic } = after as Partial<State>
    const { addresses = [] } = before as Partial<State>
    return {
      vnic_id: vnic?.id ?? null,
      private_ip_id: addresses.find(({ isPrimary }) => isPrimary)?.id ?? null,
      private_ip: vnic?.privateIp ?? null,
      public_ip: vnic?.publicIp ?? null,
      subnet_id: vnic?.subnetId ?? null,
    }
  },
})
