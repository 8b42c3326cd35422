/** Everything about a lab host that a dry run must leave as it is: files, packages, units, firewall, kernel parameters. */
import { execOnHost } from '../lab/index.ts'

/**
 * What logging in writes, and nothing else: sshd and sudo keep records, the journal grows, systemd tracks the sessions, and
 * pam notes that the legal notice was shown.
 */
const LOGIN_RECORDS = [
  '/var/log/journal',
  '/run/log/journal',
  '/var/log/wtmp',
  '/var/log/btmp',
  '/var/log/lastlog',
  '/run/utmp',
  '/run/sudo',
  '/var/lib/sudo',
  '/run/motd.dynamic',
  '/run/systemd/units',
  '/run/systemd/journal/streams',
  '/home/opc/.cache',
] as const

/** Name of the part → its lines. */
export type Snapshot = ReadonlyMap<string, readonly string[]>

/**
 * Path, type, mode, owner, group; of what is no folder also size, time of the last change of content or attributes, and link
 * target. What changes in a folder shows in what is below it.
 */
const FIND = `find / /run /tmp -xdev ${LOGIN_RECORDS.map((path) => `-path ${path} -prune -o`).join(' ')} \\( -type d -printf '%p %y %m %U %G\\n' -o -printf '%p %y %m %U %G %s %C@ %l\\n' \\) | sort -u`

const PARTS: Readonly<Record<string, string>> = {
  files: FIND,
  packages: "dpkg-query -W -f '${Package} ${Version} ${Status}\\n'; apt-mark showmanual",
  units:
    'systemctl list-units --all --plain --no-legend --no-pager --type=service --type=socket --type=timer | sort; systemctl list-unit-files --no-legend --no-pager | sort',
  firewall: 'firewall-cmd --list-all-zones; firewall-cmd --permanent --list-all-zones; nft list ruleset',
  sysctls:
    'sysctl -a 2>/dev/null | grep -vE "^(fs\\.(dentry|file|inode|aio|epoll|quota)|kernel\\.(random|ns_last_pid|pty|sched|perf|pid_max|threads)|net\\.netfilter\\.nf_conntrack_count)"',
}

export async function snapshot(instance: string, host: string): Promise<Snapshot> {
  const parts = new Map<string, readonly string[]>()
  for (const [name, script] of Object.entries(PARTS)) {
    const { exitCode, stdout, stderr } = await execOnHost(instance, host, ['sh', '-c', script])
    if (exitCode !== 0) throw new Error(`the snapshot of ${name} failed with ${exitCode}: ${stderr.toString()}`)
    parts.set(name, stdout.toString().split('\n'))
  }
  return parts
}

/** Lines of one that the other has not, `-` and `+` in front. */
export function difference(before: Snapshot, after: Snapshot): string[] {
  return [...before].flatMap(([name, lines]) => {
    const then = new Set(lines)
    const now = new Set(after.get(name) ?? [])
    return [
      ...[...then].filter((line) => !now.has(line)).map((line) => `${name} - ${line}`),
      ...[...now].filter((line) => !then.has(line)).map((line) => `${name} + ${line}`),
    ]
  })
}
