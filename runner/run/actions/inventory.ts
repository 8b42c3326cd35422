/** `add_host` and `group_by`: hosts and groups that come to be in the run, for the plays that follow. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Dict, type Value } from '../../value/value.ts'
import { NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

const HOST_NAMES = ['name', 'hostname', 'host']
const GROUP_NAMES = ['groupname', 'groups', 'group']
/** What is no variable of the host: of the other spellings Ansible makes variables as well. */
const NO_VARIABLES = ['name', 'hostname', 'groupname', 'groups']

export function addHost({ all, bound, session, play, check }: ActionContext): Outcome {
  const args = all()
  const first = (names: readonly string[]): Value | undefined => names.map((name) => args.get(name)).find((value) => value !== undefined)
  const named = first(HOST_NAMES)
  if (named === undefined || named === null || named === '') {
    const resultMessage = 'name, host or hostname needs to be provided'
    fail('BAD_ARGUMENT', "'add_host' needs the 'name' of a host", { range: bound.action.range, resultMessage })
  }
  const name = print(named).trim()
  const given = first(GROUP_NAMES)
  if (given instanceof Dict) fail('WRONG_TYPE', 'Groups must be specified as a list.', { range: bound.action.range })
  const groups = given === undefined || given === null ? [] : (Array.isArray(given) ? given.map(print) : print(given).split(',')).map((group) => group.trim())
  const [host, port] = withPort(name)
  const vars = new Dict([...args].filter(([key]) => !NO_VARIABLES.includes(key)))
  if (port !== undefined) vars.set('ansible_ssh_port', port)
  // The inventory is the controller's own, and what follows in a dry run is checked for the same hosts as in a run.
  const isNew = session.addHost(host, groups, vars)
  play.added.add(host)
  const data = Dict.of({ changed: isNew, add_host: Dict.of({ host_name: host, groups, host_vars: vars }) })
  return { ...NOTHING, changed: isNew, data, ...(check && { check }) }
}

/** `host:port`, where that is not a bare IPv6 address. */
function withPort(name: string): [string, number | undefined] {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(name)
  return match ? [match[1] ?? match[2]!, Number(match[3])] : [name, undefined]
}

export function groupBy({ argument, bound, session, hostName }: ActionContext): Outcome {
  const key = argument('key')
  if (key === undefined || key === null) {
    const resultMessage = "the 'key' param is required when using group_by"
    fail('BAD_ARGUMENT', "'group_by' needs a 'key'", { range: bound.action.range, resultMessage })
  }
  const name = withoutSpaces(print(key))
  const given = argument('parents') ?? 'all'
  const parents = (Array.isArray(given) ? given.map(print) : [print(given)]).map(withoutSpaces)
  const isNew = session.groupHost(hostName, name, parents)
  return { ...NOTHING, changed: isNew, data: Dict.of({ changed: isNew, add_group: name, parent_groups: parents }) }
}

function withoutSpaces(name: string): string {
  return name.replaceAll(' ', '-')
}
