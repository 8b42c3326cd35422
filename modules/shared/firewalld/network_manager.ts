/** Interfaces that NetworkManager manages: their permanent zone is a property of their connection. */
import { query } from '../../../runner/module.ts'
import type { Probe } from '../../../runner/module.ts'

/** nmcli's exit codes for "NetworkManager is not running" (8) and no such program (127): then it manages nothing. */
const NOT_THERE = [0, 8, 127]

/** Interface → the UUID of its connection. */
export function managedConnections(): Probe<Readonly<Record<string, string>>> {
  return query('query:networkmanager-devices', ['nmcli', '--terse', '--fields', 'GENERAL.DEVICE,GENERAL.CON-UUID', 'device', 'show'], (reply) => {
    const connections: Record<string, string> = {}
    let device = ''
    for (const line of reply.stdout.split('\n')) {
      const [, field, value] = /^GENERAL\.([A-Z-]+):(.*)$/.exec(line) ?? []
      if (field === 'DEVICE') device = value!
      else if (field === 'CON-UUID' && value !== '') connections[device] = value!
    }
    return connections
  }, { okExitCodes: NOT_THERE })
}

/** The zone that a connection puts its interface into; empty where it says none, which leaves it to firewalld's files. */
export function managedZone(uuid: string, resource: Probe<string>['resource'], label: string | undefined): Probe<string> {
  return query(resource, ['nmcli', '--get-values', 'connection.zone', 'connection', 'show', 'uuid', uuid], (reply) => reply.stdout.trim(), { ...(label !== undefined && { label }) })
}
