/** Interfaces that NetworkManager manages: their permanent zone is a property of their connection. */
import { query } from '../../../runner/module.ts'
import type { Probe } from '../../../runner/module.ts'
import { NO_ZONE } from './item.ts'

/** nmcli's exit codes for "NetworkManager is not running" (8) and no such program (127): then it manages nothing. */
const NOT_THERE = [0, 8, 127]

/**
 * Interface → the UUID of its connection. A connection that NetworkManager only found there ("connected (externally)") is not
 * among them: firewall-cmd leaves those to firewalld's files.
 */
export function managedConnections(): Probe<Readonly<Record<string, string>>> {
  const fields = 'GENERAL.DEVICE,GENERAL.STATE,GENERAL.CON-UUID'
  return query('query:networkmanager-devices', ['nmcli', '--terse', '--fields', fields, 'device', 'show'], (reply) => connectionsIn(reply.stdout), {
    okExitCodes: NOT_THERE,
  })
}

/** A block for each device: `GENERAL.DEVICE:ens3`, `GENERAL.STATE:100 (connected)`, `GENERAL.CON-UUID:…`. */
function connectionsIn(text: string): Record<string, string> {
  const devices = text
    .split(/\n(?=GENERAL\.DEVICE:)/)
    .map((block) => new Map([...block.matchAll(/^GENERAL\.([A-Z-]+):(.*)$/gm)].map(([, field, value]) => [field!, value!])))
  return Object.fromEntries(
    devices
      .filter((device) => (device.get('CON-UUID') ?? '') !== '' && !device.get('STATE')?.includes('externally'))
      .map((device) => [device.get('DEVICE') ?? '', device.get('CON-UUID')!]),
  )
}

/** The zone that a connection puts its interface into. Where it says none, the interface has none: firewalld's files do not count for it. */
export function managedZone(uuid: string, resource: Probe<string>['resource'], label: string): Probe<string> {
  return query(
    resource,
    ['nmcli', '--get-values', 'connection.zone', 'connection', 'show', 'uuid', uuid],
    (reply) => (reply.stdout.trim() === '' ? NO_ZONE : reply.stdout.trim()),
    { label },
  )
}
