/** Inventories with `plugin: constructed`: variables and groups that are made of what the inventories before them say of each host. */
import { didYouMean } from '../diagnostic/suggest.ts'
import { DiagnosticError, fail } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import type { Construct } from '../load/inventory/forms.ts'
import { safeGroupName, type Inventory } from '../load/inventory/inventory.ts'
import type { Reader } from '../load/reader.ts'
import { withTemplates } from '../load/with-templates.ts'
import { entryOf, toRaw, type MapEntry, type MapNode, type Node } from '../load/yaml.ts'
import { print } from '../value/print.ts'
import { booleanOf, truth } from '../value/truth.ts'
import { Dict, RawDict, Template, type Value } from '../value/value.ts'
import { Jinja, type Hooks } from './jinja/index.ts'
import { identityOf } from './host-variables.ts'
import { Pending } from './pending.ts'
import { templateHooks } from './template-hooks.ts'
import { VariableFiles } from './variable-files.ts'
import { Evaluator, Variables } from './variables.ts'

const KEYS = ['plugin', 'strict', 'compose', 'groups', 'keyed_groups', 'use_vars_plugins', 'use_extra_vars', 'leading_separator']

/** What a run gives to it; `filterUsed` as for all templates. */
export interface ConstructTools {
  readonly reader: Reader
  readonly extraVars: RawDict
  readonly filterUsed?: Hooks['filterUsed']
}

/** Makes the reader of such files. */
export function constructedInventories(tools: ConstructTools): Construct {
  const files = new VariableFiles(tools.reader)
  return (inventory, node) => {
    const constructed = new Constructed(inventory, node, tools, files)
    for (const { name } of [...inventory.hosts.values()].filter(({ listed }) => listed)) constructed.addTo(name)
  }
}

class Constructed {
  readonly #inventory: Inventory
  readonly #node: MapNode
  readonly #tools: ConstructTools
  readonly #files: VariableFiles
  readonly #jinja: Jinja
  /** Whether an expression that cannot be evaluated is a fault; else what it would make is left out. */
  readonly #strict: boolean

  constructor(inventory: Inventory, node: MapNode, tools: ConstructTools, files: VariableFiles) {
    this.#inventory = inventory
    this.#node = node
    this.#tools = tools
    this.#files = files
    const { reader, filterUsed } = tools
    const warn = reader.warn
    const hooks = templateHooks({
      reader,
      inventory: () => inventory,
      jinja: () => this.#jinja,
      current: () => undefined,
      warn,
      ...(filterUsed && { filterUsed }),
    })
    this.#jinja = new Jinja(hooks)
    this.#strict = this.#flag('strict', false)
    for (const { key, keyRange } of node.entries) {
      if (!KEYS.includes(key))
        warn({ code: 'BAD_INVENTORY', severity: 'warning', summary: `constructed has no option '${key}'`, range: keyRange, hint: didYouMean(key, KEYS) })
    }
  }

  /** Gives a host what is composed of its variables, and puts it into the groups that these, and the composed ones, make. */
  addTo(hostName: string): void {
    const before = this.#evaluatorOf(hostName)
    for (const { key, value } of this.#entries('compose')) {
      const composed = this.#attempt(value, `'${key}' of the host ${hostName}`, () => compose(value, before))
      if (composed !== undefined) this.#inventory.setHostVariable(this.#inventory.hosts.get(hostName)!, key, withTemplates(composed, value.range))
    }
    const after = this.#evaluatorOf(hostName)
    for (const { key, value } of this.#entries('groups')) {
      const isIn = this.#attempt(value, `whether the host ${hostName} is in '${key}'`, () => truth(after.expression(new Template(textOf(value), value.range))))
      if (isIn === true) this.#inventory.addHost(hostName, safeGroupName(key))
    }
    for (const node of this.#keyedGroups()) this.#addToKeyed(hostName, node, after)
  }

  #addToKeyed(hostName: string, node: MapNode, evaluator: Evaluator): void {
    const text = (name: string): string | undefined => {
      const value = entryOf(node, name)?.value
      return value === undefined || isNull(value) ? undefined : textOf(value)
    }
    const keyNode = entryOf(node, 'key')?.value
    const key = keyNode && this.#attempt(keyNode, `the key of a group of the host ${hostName}`, () => compose(keyNode, evaluator))
    const fallback = text('default_value')
    const trailing = entryOf(node, 'trailing_separator')?.value
    if (fallback !== undefined && trailing && !isNull(trailing))
      fail('BAD_INVENTORY', 'default_value and trailing_separator exclude one another', { range: trailing.range })
    if (key === undefined) return
    if (!truth(key) && !(key === '' && fallback !== undefined)) {
      const isEmptyGroup = Array.isArray(key) || key instanceof Dict
      if (this.#strict && !isEmptyGroup) fail('BAD_INVENTORY', `the key of a group of the host ${hostName} is empty`, { range: keyNode?.range })
      return
    }
    const separator = text('separator') ?? '_'
    const prefix = text('prefix') ?? ''
    const keepsEnd = !trailing || isNull(trailing) || booleanOf(toRaw(trailing) as Value)
    const parentNode = entryOf(node, 'parent_group')?.value
    const parent = parentNode && this.#attempt(parentNode, `the parent of a group of the host ${hostName}`, () => print(evaluator.value(toRaw(parentNode))))
    if (parentNode && parent === undefined) return
    const between = prefix === '' && !this.#flag('leading_separator', true) ? '' : separator
    for (const name of namesOf(key, { separator, fallback, keepsEnd }, keyNode?.range)) {
      const group = safeGroupName(`${prefix}${between}${name}`)
      this.#inventory.addHost(hostName, group)
      if (parent !== undefined && parent !== '') this.#inventory.addChild(safeGroupName(parent), group, parentNode?.range)
    }
  }

  /** What an expression makes; undefined where it cannot be evaluated and that is no fault. */
  #attempt<T>(node: Node, what: string, make: () => T): T | undefined {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof DiagnosticError) && !(error instanceof Pending)) throw error
      if (!this.#strict) return undefined
      const detail = error instanceof DiagnosticError ? error.first.summary : 'nothing can be looked up here'
      fail('BAD_INVENTORY', `${what} cannot be made`, { range: node.range, detail })
    }
  }

  /** The scope of a host, with what was made so far. The group `all` counts where the host is in it or in one of its children already. */
  #evaluatorOf(hostName: string): Evaluator {
    const inventory = this.#inventory
    const variables = new Variables()
    const fromFiles = this.#flag('use_vars_plugins', false)
    const groups = inventory.groupsByStrength(hostName).filter(({ name }) => inventory.isIn(hostName, name))
    for (const group of groups) {
      variables.add('inventory group vars', group.vars)
      if (fromFiles)
        for (const folder of inventory.folders) for (const vars of this.#files.of(folder, 'group_vars', group.name)) variables.add('inventory group_vars', vars)
    }
    // A copy: what is composed of it does not see one another.
    variables.add('inventory host vars', new RawDict(inventory.hosts.get(hostName)!.vars))
    variables.add('inventory host vars', identityOf(hostName, inventory))
    if (fromFiles)
      for (const folder of inventory.folders) for (const vars of this.#files.of(folder, 'host_vars', hostName)) variables.add('inventory host_vars', vars)
    if (this.#flag('use_extra_vars', false)) variables.add('extra vars', this.#tools.extraVars)
    return new Evaluator(this.#jinja, variables)
  }

  #flag(name: string, fallback: boolean): boolean {
    const node = entryOf(this.#node, name)?.value
    return node === undefined || isNull(node) ? fallback : booleanOf(toRaw(node) as Value)
  }

  #entries(name: 'compose' | 'groups'): readonly MapEntry[] {
    const node = entryOf(this.#node, name)?.value
    if (node === undefined || isNull(node)) return []
    return node.kind === 'map' ? node.entries : fail('BAD_INVENTORY', `'${name}' is a mapping of names to expressions`, { range: node.range })
  }

  #keyedGroups(): readonly MapNode[] {
    const node = entryOf(this.#node, 'keyed_groups')?.value
    if (node === undefined || isNull(node)) return []
    if (node.kind !== 'list') fail('BAD_INVENTORY', "'keyed_groups' is a list", { range: node.range })
    return node.items.map((item) => (item.kind === 'map' ? item : fail('BAD_INVENTORY', 'a keyed group is a mapping with a key', { range: item.range })))
  }
}

/** The names of groups that a key makes, without what stands before all of them. */
function namesOf(
  key: Value,
  { separator, fallback, keepsEnd }: { readonly separator: string; readonly fallback: string | undefined; readonly keepsEnd: boolean },
  range: SourceRange | undefined,
): string[] {
  const named = (value: Value): string => (value === '' ? (fallback ?? '') : print(value))
  if (typeof key === 'string') return [named(key)]
  if (Array.isArray(key)) return key.map(named)
  if (!(key instanceof Dict)) fail('BAD_INVENTORY', `the key of a group is a text, a list or a mapping, and this is ${print(key)}`, { range })
  return [...key].map(([name, value]) => (value === '' && !keepsEnd ? print(name) : `${print(name)}${separator}${named(value)}`))
}

/** The value of an expression as a template prints it: numbers of an operation become text, as in Ansible. A list or mapping is itself. */
function compose(node: Node, evaluator: Evaluator): Value {
  return evaluator.value(node.kind !== 'scalar' ? toRaw(node) : new Template(`{{${textOf(node)}}}`, node.range))
}

function textOf(node: Node): string {
  const raw = toRaw(node)
  return raw instanceof Template ? raw.text : print(raw as Value)
}

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}
