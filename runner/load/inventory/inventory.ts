/** Hosts and groups, as the inventory's files describe them together. */
import path from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { print } from '../../value/print.ts'
import { NotedDict, type Raw, type TextType, type Value } from '../../value/value.ts'

export interface Host {
  readonly name: string
  /** Variables that the inventory's own files give the host. */
  readonly vars: NotedDict
  /** False for a host that is not in any inventory file: the implicit localhost. */
  readonly listed: boolean
}

export interface Group {
  readonly name: string
  readonly hosts: Set<string>
  readonly children: Set<string>
  readonly vars: NotedDict
  /** `ansible_group_priority`: of groups at the same depth the one with the higher is the stronger. */
  priority: number
}

/** What a host is made with: where it stands, and what its name says beside the name. */
export interface HostOrigin {
  /** The file or script that names the host first, or the list of hosts as it was given. */
  readonly source?: string | undefined
  readonly port?: number | undefined
}

/** Where Python is, as Ansible itself says. */
export const CONTROLLER_PYTHON = '/usr/bin/python3'

export class Inventory {
  readonly hosts = new Map<string, Host>()
  readonly groups = new Map<string, Group>()
  /** Folders of the inventory's sources, in the order given: `group_vars` and `host_vars` are looked for there. */
  readonly folders: string[] = []
  /** The files given with `-i`. */
  readonly sources: string[] = []

  readonly #safeGroupNames: boolean

  /** `safeGroupNames`: whether what is no name of a variable is replaced in names of groups. */
  constructor(safeGroupNames = false) {
    this.#safeGroupNames = safeGroupNames
    this.group('all').children.add('ungrouped')
    this.group('ungrouped')
  }

  /** The group of a name, made where there is none. */
  group(written: string): Group {
    const name = this.groupName(written)
    let group = this.groups.get(name)
    if (!group) this.groups.set(name, (group = { name, hosts: new Set(), children: new Set(), vars: new NotedDict(), priority: 1 }))
    return group
  }

  /** What the group is called that an inventory writes so. */
  groupName(written: string): string {
    return this.#safeGroupNames ? safeGroupName(written) : written
  }

  /** The host of a name, made where there is none: only then its port counts, and where it stands becomes `inventory_file` and `inventory_dir` (null where a task adds it). */
  addHost(name: string, group: string, { source, port }: HostOrigin = {}): Host {
    let host = this.hosts.get(name)
    if (!host?.listed) {
      this.hosts.set(name, (host = { name, vars: new NotedDict(), listed: true }))
      if (port !== undefined) host.vars.set('ansible_port', port)
      this.setHostVariable(host, 'inventory_file', source ?? null)
      // For a list of hosts Ansible makes text of Python's None.
      this.setHostVariable(host, 'inventory_dir', source === undefined ? null : source.includes(',') ? 'None' : path.dirname(source))
    }
    this.group(group).hosts.add(name)
    return host
  }

  /** Gives a host a variable; where a group has the same name, Ansible gives it to the group. */
  setHostVariable(host: Host, name: Value, value: Raw, textType: TextType = 'str'): void {
    const group = this.groups.get(host.name)
    if (group) this.setGroupVariable(group, name, value, textType)
    else {
      host.vars.set(name, value)
      host.vars.note(name, textType)
    }
  }

  /** The host that stands for the controller: the one of this name, else any listed one that names it, else one that no inventory lists. */
  localhost(name: string): Host {
    let host = this.hosts.get(name) ?? [...this.hosts.values()].find((each) => isLocalhost(each.name))
    if (!host) {
      const vars = new NotedDict([
        ['ansible_connection', 'local'],
        ['ansible_python_interpreter', CONTROLLER_PYTHON],
      ])
      this.hosts.set(name, (host = { name, vars, listed: false }))
    }
    return host
  }

  /** Gives a group a variable; its priority is no variable. */
  setGroupVariable(group: Group, name: Value, value: Raw, textType: TextType = 'str'): void {
    if (name === 'ansible_group_priority') {
      const priority = Number(typeof value === 'number' || typeof value === 'string' ? value : NaN)
      if (!Number.isInteger(priority))
        fail('BAD_INVENTORY', `the priority of the group '${group.name}' is '${print(value as Value)}'`, { hint: 'It is a whole number.' })
      group.priority = priority
    } else {
      group.vars.set(name, value)
      group.vars.note(name, textType)
    }
  }

  /** Puts a group below another. @throws {DiagnosticError} BAD_INVENTORY where that would close a circle. */
  addChild(parent: string, child: string, at: SourceRange | undefined): void {
    const [above, below] = [this.group(parent), this.group(child)]
    if (this.family(below.name).has(above.name)) fail('BAD_INVENTORY', `the group '${above.name}' would be a child of itself`, { range: at })
    above.children.add(below.name)
  }

  /** A group and all below it. */
  family(name: string): Set<string> {
    const found = new Set([name])
    // A set that is gone through also gives what is added on the way.
    for (const each of found) for (const child of this.groups.get(each)?.children ?? []) found.add(child)
    return found
  }

  /** To be called once all sources are read: every group descends from `all`, hosts without a group are `ungrouped`. */
  complete(): void {
    const all = this.group('all')
    const ungrouped = this.group('ungrouped')
    const children = new Set([...this.groups.values()].flatMap((group) => (group === all ? [] : [...group.children])))
    for (const group of this.groups.values()) if (group !== all && !children.has(group.name)) all.children.add(group.name)
    const grouped = new Set([...this.groups.values()].flatMap((group) => (group === all || group === ungrouped ? [] : [...group.hosts])))
    for (const { name, listed } of this.hosts.values()) {
      if (!listed) continue
      if (grouped.has(name)) ungrouped.hosts.delete(name)
      else ungrouped.hosts.add(name)
    }
  }

  /**
   * The hosts of a group and of all below it: its own first, in the order in which they were put there. The implicit localhost is never among `all`,
   * whatever group it was put in.
   */
  hostsOf(groupName: string): string[] {
    const found = [...new Set([...this.family(groupName)].flatMap((name) => [...(this.groups.get(name)?.hosts ?? [])]))]
    return groupName === 'all' ? found.filter((name) => this.hosts.get(name)?.listed === true) : found
  }

  /** Whether a host is in a group or in one below it. */
  isIn(hostName: string, groupName: string): boolean {
    return [...this.family(groupName)].some((name) => this.groups.get(name)?.hosts.has(hostName))
  }

  /** The groups of a host, `all` left out, sorted by name: the magic variable `group_names`. The implicit localhost has none. */
  groupNamesOf(hostName: string): string[] {
    return [...this.groups.keys()].filter((name) => name !== 'all' && this.isIn(hostName, name)).sort()
  }

  /**
   * The groups of a host from the weakest to the strongest: `all` first, then by depth, then by `ansible_group_priority`,
   * then by name. Later ones win.
   */
  groupsByStrength(hostName: string): Group[] {
    const depth = this.#depths()
    return [...this.groups.values()]
      .filter((group) => group.name === 'all' || this.isIn(hostName, group.name))
      .sort((a, b) => depth.get(a.name)! - depth.get(b.name)! || a.priority - b.priority || (a.name < b.name ? -1 : 1))
  }

  /** How far below `all` each group stands, by its longest way there. */
  #depths(): Map<string, number> {
    const depths = new Map<string, number>([...this.groups.keys()].map((name) => [name, -1]))
    const deepen = (name: string, depth: number): void => {
      if (depth <= depths.get(name)!) return
      depths.set(name, depth)
      for (const child of this.group(name).children) deepen(child, depth + 1)
    }
    deepen('all', 0)
    return depths
  }
}

/** A group's name with `_` for all that a variable's name cannot have. */
export function safeGroupName(name: string): string {
  return name.replace(/^[\p{Nd}]|[^\p{L}\p{N}_]/gu, '_')
}

export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '::1'
}
