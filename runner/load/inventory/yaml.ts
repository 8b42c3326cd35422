/** Inventories in Ansible's YAML form; JSON of the same form is YAML. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { didYouMean } from '../../diagnostic/suggest.ts'
import type { SourceRange } from '../../diagnostic/source.ts'
import { entryOf, toRaw, type MapEntry, type MapNode, type Node } from '../yaml.ts'
import type { Reader } from '../reader.ts'
import type { Inventory } from './inventory.ts'
import { readHostNames } from './range.ts'

const GROUP_KEYS = ['hosts', 'children', 'vars']

/** Adds a mapping of groups. */
export function readYamlInventory(inventory: Inventory, root: MapNode, absolute: string, reader: Reader): void {
  const plugin = entryOf(root, 'plugin')
  if (plugin) fault('this is the configuration of an inventory plugin, and no inventory', plugin.value)
  const read = new YamlInventory(inventory, absolute, reader)
  for (const entry of root.entries) read.group(entry)
}

class YamlInventory {
  readonly #inventory: Inventory
  readonly #file: string
  readonly #reader: Reader
  constructor(inventory: Inventory, file: string, reader: Reader) {
    this.#inventory = inventory
    this.#file = file
    this.#reader = reader
  }

  group({ key: name, keyValue, keyRange, value: node }: MapEntry): void {
    if (typeof keyValue !== 'string') notText('group', name, keyRange)
    if (node.kind !== 'map' && !isNull(node)) {
      this.#warn(`'${name}' is no group and is left out: a group is a mapping of hosts, children and vars`, keyRange)
      return
    }
    const group = this.#inventory.group(name)
    if (node.kind !== 'map') return
    for (const entry of node.entries) {
      const { value } = entry
      if (!GROUP_KEYS.includes(entry.key)) {
        const hint = didYouMean(entry.key, GROUP_KEYS) ?? `A group has ${GROUP_KEYS.join(', ')}; groups within it stand under children.`
        this.#warn(`'${entry.key}' is not a part of a group and is left out`, entry.keyRange, hint)
        continue
      }
      if (isNull(value)) continue
      const entries = entriesOf(value)
      if (!entries) fault(`'${entry.key}' of the group '${name}' has to be a mapping`, value)
      for (const each of entries) {
        if (entry.key === 'vars') this.#inventory.setGroupVariable(group, each.keyValue, toRaw(each.value), 'AnsibleUnicode')
        else if (entry.key === 'children') {
          this.group(each)
          this.#inventory.addChild(name, each.key, each.keyRange)
        } else this.#hosts(each, name)
      }
    }
  }

  /** The hosts of an entry such as `web[1:3]:2222`, with the same variables. */
  #hosts({ key, keyValue, keyRange, value }: MapEntry, group: string): void {
    if (typeof keyValue !== 'string') notText('host', key, keyRange)
    if (value.kind !== 'map' && !isNull(value)) fault(`the variables of the host '${key}' have to be a mapping`, value)
    const { names, port } = readHostNames(key, keyRange)
    for (const name of names) {
      const host = this.#inventory.addHost(name, group, { source: this.#file, port })
      if (value.kind === 'map') for (const entry of value.entries) this.#inventory.setHostVariable(host, entry.keyValue, toRaw(entry.value), 'AnsibleUnicode')
    }
  }

  #warn(summary: string, range: SourceRange, hint?: string): void {
    this.#reader.warn({ code: 'BAD_INVENTORY', severity: 'warning', summary, range, hint })
  }
}

/** What is in a mapping; a text alone is a mapping of it to nothing. */
function entriesOf(node: Node): readonly MapEntry[] | undefined {
  if (node.kind === 'map') return node.entries
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return undefined
  return [{ key: node.value, keyValue: node.value, keyRange: node.range, value: { kind: 'scalar', value: null, range: node.range } }]
}

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}

function notText(what: string, name: string, range: SourceRange): never {
  fail('BAD_INVENTORY', `the name of a ${what} is a text, and this is ${name}`, { range, hint: `Put quotes around it: '${name}'.` })
}

function fault(summary: string, { range }: Node): never {
  fail('BAD_INVENTORY', summary, { range })
}
