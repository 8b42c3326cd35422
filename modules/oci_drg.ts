import { isKnown, KNOWN_AFTER_APPLY, param, state, z } from '../runner/module.ts'
import type { After, ApplySituation, Planned, ProbeTree, StateOf, Step, StepReply } from '../runner/module.ts'
import { accountOf, accountParams } from './shared/oci/account.ts'
import { drgProbe } from './shared/oci/drg.ts'
import { idOf, listing, live, named } from './shared/oci/live.ts'
import type { Live } from './shared/oci/live.ts'
import { noPrerequisite, vcnProbe } from './shared/oci/vcn.ts'
import { ask, comesTo, LAGS_MS, remove, update, waitParams } from './shared/oci/write.ts'

const tags = () => z.record(z.string(), param.string()).optional()

const attachmentParams = () =>
  z
    .object({
      name: param.nonEmptyString().optional().describe("The attachment's name. It is found by its VCN, which has one DRG at most."),
      vcn_id: param.nonEmptyString().optional().describe('The OCID of the VCN, or'),
      vcn: param.nonEmptyString().optional().describe('its name in the compartment.'),
      route_table_id: param
        .nonEmptyString()
        .optional()
        .describe('The OCID of the route table of the VCN for what comes from the DRG. Without it the VCN routes by its own.'),
      freeform_tags: tags().describe('Free-form tags. Without it they are left as they are.'),
    })
    .strict()
    .refine((p) => (p.vcn_id === undefined) !== (p.vcn === undefined), { message: 'a VCN is named by one of `vcn` and `vcn_id`' })

const params = () =>
  z
    .object({
      name: param.nonEmptyString().optional().describe('The name of the DRG, by which it is found in the compartment.'),
      drg_id: param.nonEmptyString().optional().describe('Its OCID, where the name is not to be relied on; `name` is then what it shall be called.'),
      compartment_id: param.nonEmptyString().describe('The OCID of the compartment.'),
      freeform_tags: tags().describe('Free-form tags. Without it they are left as they are.'),
      attachment: attachmentParams().optional().describe('The VCN that is attached to it.'),
      state: z.enum(['present', 'absent']).default('present').describe('With `absent` the attachment, where one is named, and the DRG go.'),
      ...waitParams,
      ...accountParams,
    })
    .strict()
    .refine((p) => p.name !== undefined || p.drg_id !== undefined, { message: 'a DRG is named by `name` or `drg_id`' })
type Params = z.output<ReturnType<typeof params>>
type AttachmentParams = NonNullable<Params['attachment']>

interface AttachmentModel extends Live {
  readonly drgId: string
  readonly vcnId?: string
  readonly freeformTags?: Readonly<Record<string, string>> | null
  readonly networkDetails?: { readonly id?: string; readonly routeTableId?: string | null } | null
}

const attachmentProbe = (p: Params, vcnId: string) =>
  live(
    'attachment of',
    listing(p, 'listDrgAttachments', { vcnId }),
    { key: vcnId, fits: () => true },
    ({ id, displayName, drgId, networkDetails, freeformTags }: AttachmentModel) => ({
      id,
      displayName,
      drgId,
      routeTableId: networkDetails?.routeTableId ?? null,
      freeformTags: freeformTags ?? {},
    }),
  )

type Tree = {
  readonly drg: ReturnType<typeof drgProbe>
  /** With an attachment, and that where there is a VCN. */
  readonly vcn: ReturnType<typeof vcnProbe>
  readonly attachment: ReturnType<typeof attachmentProbe>
}
type State = StateOf<Tree>

function* probe(p: Params): Generator<ProbeTree, Tree, never> {
  const drg = drgProbe(listing(p, 'listDrgs'), named(p.drg_id, p.name))
  if (!p.attachment) return { drg } as Tree
  const { vcn_id: id, vcn: name } = p.attachment
  const vcn = vcnProbe({ account: accountOf(p), request: { compartmentId: p.compartment_id } }, named(id, name))
  const first = (yield { vcn }) as unknown as Pick<State, 'vcn'>
  return (first.vcn === null ? { drg, vcn } : { drg, vcn, attachment: attachmentProbe(p, first.vcn.id) }) as Tree
}

function plan(before: State, p: Params): Planned<State> {
  return p.state === 'absent' ? planAbsent(before, p) : planPresent(before, p)
}

function planPresent(before: State, p: Params): Planned<State> {
  const { drg } = before
  if (drg === null && p.drg_id !== undefined) return { after: {}, refusals: [{ summary: `there is no DRG ${p.drg_id} in the compartment` }] }
  const drgId = drg ? idOf(drg) : KNOWN_AFTER_APPLY
  const after = {
    drg: {
      id: drgId,
      displayName: p.name ?? drg?.displayName,
      freeformTags: p.freeform_tags ?? drg?.freeformTags ?? {},
    } as After<State['drg']>,
  }
  if (!p.attachment) return { after }
  if (before.vcn === null) return { after, refusals: [noPrerequisite(`VCN ${nameOf(p.attachment)}`)] }
  const { attachment } = before
  if (attachment && isKnown(attachment, 'drgId') && attachment.drgId !== drgId) {
    return {
      after,
      refusals: [
        {
          summary: `the VCN ${p.attachment.vcn ?? p.attachment.vcn_id} is attached to another DRG, ${attachment.drgId}`,
          hint: 'A VCN has one DRG at most. Detach it first: what goes through that one would be cut.',
        },
      ],
    }
  }
  return {
    after: {
      ...after,
      attachment: {
        id: attachment ? idOf(attachment) : KNOWN_AFTER_APPLY,
        displayName: p.attachment.name ?? attachment?.displayName ?? KNOWN_AFTER_APPLY,
        drgId,
        routeTableId: p.attachment.route_table_id ?? attachment?.routeTableId ?? null,
        freeformTags: p.attachment.freeform_tags ?? attachment?.freeformTags ?? {},
      },
    },
  }
}

function planAbsent(before: State, p: Params): Planned<State> {
  const isOurs = p.attachment !== undefined && before.vcn !== null && before.attachment !== null && before.attachment.drgId === before.drg?.id
  return { after: { drg: null, ...(isOurs && { attachment: null }) } }
}

const nameOf = ({ vcn, vcn_id: id }: AttachmentParams): string => (vcn === undefined ? id! : `'${vcn}'`)

function* apply({ params: p, before: was, after, differs }: ApplySituation<ReturnType<typeof params>, Tree>): Generator<Step, void, StepReply> {
  const account = accountOf(p)
  const wanted = after as Partial<State>
  const changes = (key: 'drg' | 'attachment') => differs.some(({ path }) => path[0] === key)
  if (p.state === 'absent') {
    if (changes('attachment') && was.attachment) yield* remove(p, 'DrgAttachment', { drgAttachmentId: was.attachment.id }, 'DETACHED')
    if (was.drg) yield* remove(p, 'Drg', { drgId: was.drg.id }, 'TERMINATED')
    return
  }
  let drgId = was.drg?.id
  const { displayName, freeformTags } = wanted.drg!
  if (drgId === undefined) {
    const made = yield* ask(account, 'network', 'createDrg', { createDrgDetails: { compartmentId: p.compartment_id, displayName, freeformTags } })
    drgId = (made.body as Live).id
    yield* comesTo(p, 'AVAILABLE', 'getDrg', { drgId })
  } else if (changes('drg')) yield* update(account, 'network', 'Drg', { drgId }, () => ({ displayName, freeformTags }))
  if (p.attachment && changes('attachment')) yield* attach(p, p.attachment, drgId, was)
}

function* attach(
  p: Params,
  { name, route_table_id: routeTableId, freeform_tags: freeformTags }: AttachmentParams,
  drgId: string,
  was: State,
): Generator<Step, void, StepReply> {
  const account = accountOf(p)
  // What is empty is left out: the service refuses an empty OCID.
  const named = { ...(name !== undefined && { displayName: name }), ...(freeformTags && { freeformTags }) }
  const table = routeTableId === undefined ? {} : { routeTableId }
  const networkDetails = { type: 'VCN', id: was.vcn!.id, ...table }
  let drgAttachmentId = was.attachment?.id
  if (drgAttachmentId === undefined) {
    const made = yield* ask(account, 'network', 'createDrgAttachment', { createDrgAttachmentDetails: { drgId, networkDetails, ...named } })
    drgAttachmentId = (made.body as Live).id
  } else yield* update(account, 'network', 'DrgAttachment', { drgAttachmentId }, () => ({ ...named, ...(routeTableId !== undefined && { networkDetails }) }))
  yield* comesTo(p, 'ATTACHED', 'getDrgAttachment', { drgAttachmentId })
}

export default state({
  summary: 'Makes a dynamic routing gateway (DRG) of Oracle Cloud, and attaches a VCN to it.',
  params,
  examples: [
    {
      name: 'a DRG for a VCN',
      args: 'name: DRG-SEOUL-1\ncompartment_id: ocid1.compartment.oc1..example\nattachment:\n  name: VCN-SEOUL-HUB-DRG-ATT\n  vcn: VCN-SEOUL-HUB',
    },
    { name: 'no DRG', args: 'name: DRG-SEOUL-1\ncompartment_id: ocid1.compartment.oc1..example\nstate: absent' },
  ],
  returns: { drg_id: "The DRG's OCID.", attachment_id: "The attachment's OCID, where one is asked for." },
  notes: ['A DRG is found by its name among all that are alive in the compartment; two with one name are an error.'],
  probe,
  plan,
  lagsMs: LAGS_MS,
  apply,
  result({ after, params: p }) {
    const { drg, attachment } = after as Partial<State>
    return { drg_id: drg?.id ?? null, ...(p.attachment && { attachment_id: attachment?.id ?? null }) }
  },
})
