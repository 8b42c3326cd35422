/** Where SSH's own files are on the controller, and who runs there. Tests give another place. */
import { homedir, hostname, userInfo } from 'node:os'

export interface Place {
  readonly home: string
  /** Who runs the controller; the login name where nothing gives another. */
  readonly userName: string
  readonly localHostName: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly systemConfigFile: string
  readonly systemKnownHostsFiles: readonly string[]
}

/** This machine. */
export function thisPlace(): Place {
  return {
    home: homedir(),
    userName: userName(),
    localHostName: hostname(),
    environment: process.env,
    systemConfigFile: '/etc/ssh/ssh_config',
    systemKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an entry, as in some containers.
    return process.env['USER'] ?? 'root'
  }
}
