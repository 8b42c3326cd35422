/** Reads an inventory's text, and says what is in it in the words of `ansible-inventory --list`. */
import { SourceFile } from '../../../../runner/diagnostic/source.ts'
import { readIniInventory } from '../../../../runner/load/inventory/ini.ts'
import { Inventory } from '../../../../runner/load/inventory/inventory.ts'
import { print } from '../../../../runner/value/print.ts'
import { Float, RawDict, Template, type Raw } from '../../../../runner/value/value.ts'

export function ini(text: string): Inventory {
  const inventory = new Inventory()
  readIniInventory(inventory, new SourceFile('hosts', text))
  inventory.complete()
  return inventory
}

export function plain(raw: Raw | undefined): unknown {
  if (raw instanceof Template) return `t:${raw.text}`
  if (raw instanceof Float) return `${raw.value} as float`
  if (Array.isArray(raw)) return raw.map(plain)
  if (raw instanceof RawDict) return Object.fromEntries([...raw].map(([key, value]) => [print(key), plain(value)]))
  return raw
}

/** Hosts by group, without `all`. */
export function groupsOf(inventory: Inventory): Record<string, string[]> {
  return Object.fromEntries([...inventory.groups.keys()].filter((name) => name !== 'all').map((name) => [name, inventory.hostsOf(name)]))
}
