/** What one run of a systemd unit came to, and how to say it. */
import { query } from '../../runner/module.ts'
import type { Probe } from '../../runner/module.ts'

const SUFFIX = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/

/** systemd's full name of a unit: without a suffix it is a service. */
export function unitNamed(name: string): string {
  return SUFFIX.test(name) ? name : `${name}.service`
}

/** The name of the file that defines a unit: that of the template for an instance (`vpn@one.service` → `vpn@.service`). */
export function unitFileOf(name: string): string {
  return name.replace(/@.*(\.[a-z]+)$/, '@$1')
}

/** What never changes by being started, stopped or enabled, and is read to know what a wish would do. */
export interface UnitTraits {
  /** Its own name; not the name that was asked for where that one is an alias. */
  readonly id: string
  readonly reloadable: boolean
  /** Services, sockets, timers and paths that a start or a stop may start or stop with it. */
  readonly related: readonly string[]
}

const RELATIONS = ['Requires', 'Wants', 'BindsTo', 'Conflicts', 'RequiredBy', 'BoundBy', 'ConsistsOf']

export function unitTraits(name: string): Probe<UnitTraits> {
  return query(`query:unit-traits:${name}`, ['systemctl', 'show', '--no-pager', `--property=Id,CanReload,${RELATIONS.join(',')}`, '--', name], (reply) => {
    const property = properties(reply.stdout)
    const related = RELATIONS.flatMap((relation) => (property.get(relation) ?? '').split(' ')).filter((other) => /\.(service|socket|timer|path)$/.test(other))
    return { id: property.get('Id') ?? name, reloadable: property.get('CanReload') === 'yes', related: [...new Set(related)].sort() }
  })
}

/** The volatile side of a unit: what its last run came to. */
export interface UnitRun {
  readonly active: string
  readonly sub: string
  /** `success`, `exit-code`, `signal`, `timeout`, …; empty for a unit that runs nothing. */
  readonly result: string
  /** What its main process ended with: an exit code, or the number of a signal where `result` is `signal`. */
  readonly status: number
  /** How often systemd itself has started it again since it was last started. */
  readonly restarts: number
}

export function unitRun(name: string): Probe<UnitRun> {
  return query(
    `live:unit:${name}`,
    ['systemctl', 'show', '--no-pager', '--property=ActiveState,SubState,Result,ExecMainStatus,NRestarts', '--', name],
    (reply) => {
      const property = properties(reply.stdout)
      return {
        active: property.get('ActiveState') ?? 'inactive',
        sub: property.get('SubState') ?? 'dead',
        result: property.get('Result') ?? '',
        status: Number(property.get('ExecMainStatus') ?? 0),
        restarts: Number(property.get('NRestarts') ?? 0),
      }
    },
  )
}

/**
 * Whether a unit that was started just now is up. Throws with a sentence where it has ended already or is started over and
 * over: it will not come up by waiting.
 */
export function isUp(name: string, seen: UnitRun, elapsedMs: number): boolean {
  const within = `within ${Math.max(1, Math.ceil(elapsedMs / 1000))} s`
  const why = seen.result === '' || seen.result === 'success' ? '' : `: ${seen.result}${seen.status === 0 ? '' : `, status ${seen.status}`}`
  if (seen.restarts > 0 || seen.sub === 'auto-restart') {
    throw new Error(`${name} started and ended ${within}${why}; systemd goes on starting it`)
  }
  if (seen.active === 'inactive' || seen.active === 'failed' || seen.active === 'deactivating') {
    throw new Error(`${name} started and ended ${within}${why || ': its main process ended without an error'}`)
  }
  return seen.active !== 'activating'
}

function properties(text: string): Map<string, string> {
  return new Map(text.split('\n').map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]))
}
