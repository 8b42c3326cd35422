/** Hosts and groups, as the inventory's files describe them together. */
import { RawDict, type Raw } from '../../value/value.ts'

export interface Host {
  readonly name: string
  /** Variables that the inventory's own files give the host. */
  readonly vars: RawDict
  /** False for a host that is not in any inventory file: the implicit localhost. */
  readonly listed: boolean
}

export interface Group {
  readonly name: string
  readonly hosts: Set<string>
  readonly children: Set<string>
  readonly vars: RawDict
}

export class Inventory {
  readonly hosts = new Map<string, Host>()
  readonly groups = new Map<string, Group>()
  /** Folders of the inventory's sources, in the order given: `group_vars` and `host_vars` are looked for there. */
  readonly folders: string[] = []
  /** The files given with `-i`. */
  readonly sources: string[] = []

  constructor() {
    this.group('all')
    this.group('ungrouped')
  }

  /** The group of a name, made where there is none. */
  group(name: string): Group {
    let group = this.groups.get(name)
    if (!group) this.groups.set(name, (group = { name, hosts: new Set(), children: new Set(), vars: new RawDict() }))
    return group
  }

  /** The host of a name, made where there is none. */
  addHost(name: string, group: string): Host {
    let host = this.hosts.get(name)
    if (!host) this.hosts.set(name, (host = { name, vars: new RawDict(), listed: true }))
    this.group(group).hosts.add(name)
    return host
  }

  /** To be called once all sources are read: every group descends from `all`, hosts without a group are `ungrouped`. */
  complete(): void {
    const all = this.group('all')
    const ungrouped = this.group('ungrouped')
    const children = new Set([...this.groups.values()].flatMap((group) => (group === all ? [] : [...group.children])))
    for (const group of this.groups.values()) if (group !== all && !children.has(group.name)) all.children.add(group.name)
    const grouped = new Set([...this.groups.values()].flatMap((group) => (group === all || group === ungrouped ? [] : [...group.hosts])))
    for (const name of this.hosts.keys()) {
      if (grouped.has(name)) ungrouped.hosts.delete(name)
      else ungrouped.hosts.add(name)
    }
    all.hosts.clear()
  }

  /** The hosts of a group and of all below it, in the inventory's order. */
  hostsOf(groupName: string): string[] {
    if (groupName === 'all') return [...this.hosts.values()].filter((host) => host.listed).map((host) => host.name)
    const found = new Set<string>()
    const visit = (name: string, seen: ReadonlySet<string>): void => {
      const group = this.groups.get(name)
      if (!group || seen.has(name)) return
      for (const host of group.hosts) found.add(host)
      for (const child of group.children) visit(child, new Set([...seen, name]))
    }
    visit(groupName, new Set())
    return [...this.hosts.keys()].filter((name) => found.has(name))
  }

  /** The groups of a host, `all` left out, sorted by name: the magic variable `group_names`. */
  groupNamesOf(hostName: string): string[] {
    const names = [...this.groups.keys()].filter((name) => name !== 'all' && this.hostsOf(name).includes(hostName)).sort()
    return names.length === 0 ? ['ungrouped'] : names
  }

  /**
   * The groups of a host from the weakest to the strongest: `all` first, then by depth, then by `ansible_group_priority`,
   * then by name. Later ones win.
   */
  groupsByStrength(hostName: string): Group[] {
    const depth = this.#depths()
    const priority = (group: Group): number => {
      const value: Raw | undefined = group.vars.get('ansible_group_priority')
      return typeof value === 'number' ? value : 1
    }
    return [...this.groups.values()]
      .filter((group) => group.name === 'all' || this.hostsOf(group.name).includes(hostName))
      .sort((a, b) => depth.get(a.name)! - depth.get(b.name)! || priority(a) - priority(b) || (a.name < b.name ? -1 : 1))
  }

  #depths(): Map<string, number> {
    const depths = new Map([...this.groups.keys()].map((name): [string, number] => [name, name === 'all' ? 0 : 1]))
    for (let round = 0; round < this.groups.size; round++) {
      let changed = false
      for (const group of this.groups.values()) {
        for (const child of group.children) {
          const wanted = depths.get(group.name)! + 1
          if (depths.has(child) && child !== group.name && depths.get(child)! < wanted && wanted <= this.groups.size) {
            depths.set(child, wanted)
            changed = true
          }
        }
      }
      if (!changed) break
    }
    return depths
  }
}
