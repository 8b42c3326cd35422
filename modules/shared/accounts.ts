/** Users and groups as the host's libraries name them. */
import { query } from '../../runner/module.ts'
import type { Affected, Probe } from '../../runner/module.ts'

export interface Passwd {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly comment: string
  readonly home: string
  readonly shell: string
}

export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Exit code 2 is "nobody has this name". */
const FOUND_OR_NOT = { okExitCodes: [0, 2] }

/** A user, or null. */
export function passwdOf(name: string): Probe<Passwd | null> {
  return query<Passwd | null>(
    `query:user:${name}`,
    ['getent', 'passwd', name],
    (reply) => {
      const [own, , uid, gid, comment, home, shell] = reply.stdout.split('\n', 1)[0]!.split(':')
      // What is a number getent takes for one.
      if (reply.exitCode !== 0 || shell === undefined || own !== name) return null
      return { name: own, uid: Number(uid), gid: Number(gid), comment: comment!, home: home!, shell }
    },
    { ...FOUND_OR_NOT, label: `user ${name}` },
  )
}

/** A group by name, or where that is a number and `byNumber` by that, or null. */
export function groupOf(name: string, { byNumber }: { readonly byNumber: boolean }): Probe<Group | null> {
  return query<Group | null>(
    `query:group-entry:${name}`,
    ['getent', 'group', name],
    (reply) => {
      const [found] = reply.exitCode === 0 ? groupsIn(reply.stdout) : []
      return found && (byNumber || found.name === name) ? found : null
    },
    { ...FOUND_OR_NOT, label: `group ${name}` },
  )
}

function groupsIn(text: string): Group[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gid, members] = line.split(':')
    return members === undefined ? [] : [{ name: name!, gid: Number(gid), members: members === '' ? [] : members.split(',') }]
  })
}

/**
 * What a change of an account alters beside it. What `getent` says of other accounts is not among it, nor do the probes above tell of these
 * files: in a dry run a new user is no reason not to know the others.
 */
export function accountFiles(): Affected[] {
  return ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map((name): Affected => ({ resource: `file:/etc/${name}` }))
}
