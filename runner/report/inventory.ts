/** What `playline inventory` prints: Ansible's JSON, its YAML, or a tree. */
import { dumpYaml } from '../resolve/jinja/library/yaml-dump.ts'
import type { InventoryView } from '../run/inventory-view.ts'
import { toJson } from '../value/convert.ts'
import { print } from '../value/print.ts'
import { Dict, type Value } from '../value/value.ts'

export interface InventoryFormat {
  readonly yaml: boolean
  /** Hosts with their own variables, groups with theirs. */
  readonly export: boolean
}

/** `--list`: all groups, and the variables of all hosts. */
export function renderInventory(view: InventoryView, format: InventoryFormat): string {
  return renderValue(format.yaml ? tree(view, 'all', format, new Set()) : list(view, format), format)
}

/** `--host`: the variables of a host. */
export function renderHost(view: InventoryView, name: string, format: InventoryFormat): string {
  return renderValue(view.hostVariables(name, format.export), format)
}

function renderValue(value: Value, { yaml }: InventoryFormat): string {
  return yaml
    ? dumpYaml(value, { flow: false, sort: true, allowUnicode: true })
    : `${toJson(value, { indent: 4, sort: true, ensureAscii: false, maxLength: Infinity })}\n`
}

function list(view: InventoryView, { export: exported }: InventoryFormat): Dict {
  const { inventory } = view
  const result = new Dict()
  for (const name of inventory.family('all')) {
    const group = inventory.group(name)
    const entry = new Dict()
    if (group.name !== 'all') entry.set('hosts', [...group.hosts])
    entry.set('children', [...group.children])
    if (exported) entry.set('vars', view.groupVariables(group.name))
    const filled = withoutEmpty(entry)
    if (filled.size > 0) result.set(group.name, filled)
  }
  const hostvars = inventory.hostsOf('all').map((name): [Value, Value] => [name, view.hostVariables(name, exported)])
  return result.set('_meta', Dict.of({ hostvars: withoutEmpty(new Dict(hostvars)) }))
}

/** A host has its variables where it first stands. */
function tree(view: InventoryView, name: string, format: InventoryFormat, seen: Set<string>): Dict {
  const group = view.inventory.group(name)
  const entry = new Dict()
  entry.set('children', new Dict([...group.children].flatMap((child) => [...tree(view, child, format, seen)])))
  if (name !== 'all') {
    const hosts = new Dict()
    for (const host of group.hosts) {
      hosts.set(host, seen.has(host) ? new Dict() : view.hostVariables(host, format.export))
      seen.add(host)
    }
    entry.set('hosts', hosts)
  }
  if (format.export) entry.set('vars', view.groupVariables(name))
  return new Dict([[name, withoutEmpty(entry)]])
}

function withoutEmpty(dict: Dict): Dict {
  return new Dict([...dict].filter(([, value]) => !((Array.isArray(value) && value.length === 0) || (value instanceof Dict && value.size === 0))))
}

/** `--graph`: a group, the groups below it and their hosts, as a tree. */
export function renderGraph(view: InventoryView, name: string, show: { readonly variables: boolean; readonly export: boolean }, depth = 0): string {
  const group = view.groupNamed(name)
  const line = (text: string, level: number): string => `${level === 0 ? '' : `${'  |'.repeat(level)}--`}${text}\n`
  const variables = (dict: Dict, level: number): string =>
    show.variables
      ? [...dict]
          .map(([key, value]): [string, string] => [print(key), print(value)])
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => line(`{${key} = ${value}}`, level))
          .join('')
      : ''
  const hosts = name === 'all' ? [] : [...group.hosts]
  return [
    line(`@${name}:`, depth),
    ...[...group.children].map((child) => renderGraph(view, child, show, depth + 1)),
    ...hosts.map((host) => line(host, depth + 1) + variables(view.hostVariables(host, show.export), depth + 2)),
    variables(view.groupVariables(name), depth + 1),
  ].join('')
}
