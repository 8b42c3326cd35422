/**
 * Inventories that a program prints as JSON: `--list`, and `--host NAME` where the list has no `_meta`.
 *
 * The program stands in the inventory as a file would, and is trusted as one: what it prints may hold templates, as in Ansible.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import { SourceFile, type SourceRange } from '../../diagnostic/source.ts'
import { fromJson } from '../../value/read-json.ts'
import { Dict, type Value } from '../../value/value.ts'
import { print } from '../../value/print.ts'
import type { Reader } from '../reader.ts'
import { withTemplates } from '../with-templates.ts'
import type { Inventory } from './inventory.ts'

const TIMEOUT_MS = 120_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** Runs the program and adds what it says. @throws {DiagnosticError} BAD_INVENTORY */
export function readScriptInventory(inventory: Inventory, absolute: string, reader: Reader): void {
  const shown = reader.shownPath(absolute)
  const list = run(absolute, ['--list'], shown)
  if (!(list instanceof Dict)) fail('BAD_INVENTORY', `${shown} --list prints no mapping of groups`)
  const hosts = new Set<string>()
  for (const [key, value] of list) if (key !== '_meta') readGroup(inventory, print(key), value, hosts, absolute, shown)
  const meta = list.get('_meta')
  const known = meta instanceof Dict ? meta.get('hostvars') : undefined
  if (known !== undefined && !(known instanceof Dict)) fail('BAD_INVENTORY', `hostvars in _meta of ${shown} --list is no mapping`)
  for (const name of hosts) {
    const vars = known instanceof Dict ? known.get(name) : run(absolute, ['--host', name], shown)
    if (vars === undefined) continue
    if (!(vars instanceof Dict)) fail('BAD_INVENTORY', `${shown} has no mapping of variables for the host '${name}'`)
    for (const [key, value] of vars) inventory.setHostVariable(inventory.hosts.get(name)!, key, withTemplates(value, rangeOf(shown)))
  }
}

function readGroup(inventory: Inventory, name: string, given: Value, hosts: Set<string>, absolute: string, shown: string): void {
  const group = inventory.group(name)
  // A list is the group's hosts; a mapping without the three keys is the variables of a host of the same name.
  const isGroup = given instanceof Dict && ['hosts', 'vars', 'children'].some((key) => given.has(key))
  const data = isGroup ? given : given instanceof Dict ? Dict.of({ hosts: [name], vars: given }) : Dict.of({ hosts: given })
  const names = data.get('hosts') ?? []
  if (!Array.isArray(names)) fail('BAD_INVENTORY', `the hosts of the group '${name}' of ${shown} are no list`)
  for (const host of names.map(print)) {
    hosts.add(host)
    inventory.addHost(host, name, { source: absolute })
  }
  const vars = data.get('vars')
  if (vars !== undefined) {
    if (!(vars instanceof Dict)) fail('BAD_INVENTORY', `the variables of the group '${name}' of ${shown} are no mapping`)
    for (const [key, value] of vars) inventory.setGroupVariable(group, key, withTemplates(value, rangeOf(shown)))
  }
  const children = data.get('children')
  if (Array.isArray(children)) for (const child of children) inventory.addChild(name, print(child), undefined)
}

function run(absolute: string, args: readonly string[], shown: string): Value {
  const { error, status, signal, stdout, stderr } = spawnSync(absolute, args, {
    cwd: path.dirname(absolute),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  const command = [shown, ...args].join(' ')
  if (error) fail('BAD_INVENTORY', `${command} cannot be run`, { detail: error.message, hint: 'A script begins with #! and is executable.' })
  if (status !== 0) fail('BAD_INVENTORY', `${command} ended with ${status ?? signal}`, { detail: stderr.trim() || undefined })
  // For a host without variables a program may print nothing.
  if (stdout.trim() === '' && args[0] === '--host') return new Dict()
  try {
    return fromJson(stdout)
  } catch (error) {
    fail('BAD_INVENTORY', `${command} prints no JSON`, { detail: (error as Error).message })
  }
}

/** A template that the program prints stands in no file. */
function rangeOf(shown: string): SourceRange {
  return { file: new SourceFile(shown, ''), start: 0, end: 0 }
}
