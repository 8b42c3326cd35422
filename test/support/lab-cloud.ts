/** The cloud of an instance of the lab, as a test sees it: by its API, as any client, and by its log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudAccount } from '../../runner/contract/cloud.ts'
import { OciPort } from '../../runner/port/oci/oci-port.ts'
import { CHUNCHEON, SEOUL } from '../lab/oci/prerequisites.ts'
import { cloudFiles } from '../lab/oci/lab/process.ts'
import type { Logged } from '../lab/oci/server.ts'
import { compartment } from '../lab/oci/user.ts'
import { instancePaths } from '../lab/paths.ts'
import { writesIn } from './cloud.ts'

type Found = Readonly<Record<string, unknown>> & { readonly id: string; readonly lifecycleState?: string }

export class LabCloud {
  readonly #instance: string
  readonly #port = new OciPort({})
  #seen = 0

  constructor(instance: string) {
    this.#instance = instance
  }

  /** Operations that wrote, or tried to, since the last time this was asked. */
  writes(): string[] {
    const lines = readFileSync(this.#files.log, 'utf8').split('\n').filter(Boolean)
    const since = lines.slice(this.#seen).map((line) => JSON.parse(line) as Logged)
    this.#seen = lines.length
    return writesIn(since)
  }

  /** The shared secrets of all tunnels. */
  async secrets(): Promise<string[]> {
    const secrets: string[] = []
    for (const { id: ipscId } of await this.alive('listIPSecConnections')) {
      for (const { id: tunnelId } of await this.alive('listIPSecConnectionTunnels', { ipscId })) {
        const { sharedSecret } = (await this.#ask('getIPSecConnectionTunnelSharedSecret', { ipscId, tunnelId })) as { sharedSecret: string }
        secrets.push(sharedSecret)
      }
    }
    return secrets
  }

  /** What a list has in a region that is neither gone nor going. */
  async alive(operation: string, request: Readonly<Record<string, string>> = { compartmentId: compartment }, region = SEOUL): Promise<Found[]> {
    const found = ((await this.#ask(operation, request, region)) ?? []) as Found[]
    return found.filter(({ lifecycleState }) => !/^(?:TERMINAT|DETACH)/.test(lifecycleState ?? ''))
  }

  /** What a site-to-site VPN has brought into the cloud: resources by kind, and rules that are not the prerequisites'. */
  async left(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {}
    for (const operation of ['listIPSecConnections', 'listCpes', 'listDrgAttachments', 'listDrgs']) counts[operation] = (await this.alive(operation)).length
    for (const region of [SEOUL, CHUNCHEON]) {
      const rules = async (operation: string, name: string): Promise<number> =>
        (await this.alive(operation, undefined, region)).reduce((sum, each) => sum + (each[name] as unknown[]).length, 0)
      counts[`${region} route rules`] = await rules('listRouteTables', 'routeRules')
      counts[`${region} ingress rules`] = await rules('listSecurityLists', 'ingressSecurityRules')
    }
    return counts
  }

  /** Takes the attachment off the DRG, behind everybody's back. */
  async detach(): Promise<void> {
    for (const { id: drgAttachmentId } of await this.alive('listDrgAttachments')) {
      await this.#port.call({
        kind: 'cloud',
        account: this.#account(SEOUL),
        service: 'network',
        operation: 'deleteDrgAttachment',
        request: { drgAttachmentId },
      })
    }
  }

  get #files(): ReturnType<typeof cloudFiles> {
    return cloudFiles(instancePaths(this.#instance))
  }

  async #ask(operation: string, request: Readonly<Record<string, string>>, region = SEOUL): Promise<unknown> {
    const [outcome] = await this.#port.read([{ kind: 'cloud', account: this.#account(region), service: 'network', operation, request }])
    if (!outcome || !('reply' in outcome)) throw new Error(`${operation}: ${JSON.stringify(outcome)}`)
    return outcome.reply.body
  }

  #account(region: string): CloudAccount {
    const { folder, endpoint } = this.#files
    return { auth: 'api_key', configFile: join(folder, 'config'), profile: 'DEFAULT', region, endpoint: readFileSync(endpoint, 'utf8').trim() }
  }
}
