/** From YAML to plays, blocks and tasks. Nothing is evaluated here: values may still hold templates. */
import path from 'node:path'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { print } from '../value/print.ts'
import { Float, RawDict, Template, type Raw } from '../value/value.ts'
import { splitKeyValues } from './arguments.ts'
import { keywordNamed, keywordsOf, type Keyword, type KeywordKind, type Place } from './keywords.ts'
import { isFile, type Reader } from './reader.ts'
import { entryOf, toRaw, type MapEntry, type MapNode, type Node, type ScalarNode } from './yaml.ts'

export interface KeywordValue {
  readonly raw: Raw
  readonly node: Node
  readonly keyRange: SourceRange
}

export type Keywords = ReadonlyMap<string, KeywordValue>

export interface Play {
  readonly kind: 'play'
  readonly keywords: Keywords
  readonly range: SourceRange
  /** The folder of the playbook file, where `roles`, `files`, `templates` and `group_vars` are looked for. */
  readonly folder: string
  readonly roles: readonly RoleEntry[]
  readonly preTasks: readonly TaskItem[]
  readonly tasks: readonly TaskItem[]
  readonly postTasks: readonly TaskItem[]
  readonly handlers: readonly TaskItem[]
  /** What `import_playbook` put on every play of the imported file. */
  readonly imported: readonly Keywords[]
}

export interface RoleEntry {
  readonly name: string
  readonly nameRange: SourceRange
  readonly keywords: Keywords
  /** Parameters written inline: everything that is not a keyword. */
  readonly params: RawDict
}

export type TaskItem = Task | Block

export interface Block {
  readonly kind: 'block'
  readonly keywords: Keywords
  readonly range: SourceRange
  readonly block: readonly TaskItem[]
  readonly rescue: readonly TaskItem[]
  readonly always: readonly TaskItem[]
}

export interface Task {
  readonly kind: 'task'
  readonly keywords: Keywords
  readonly range: SourceRange
  readonly action: Action
}

export interface Action {
  /** As the task wrote it: `ansible.builtin.copy`. */
  readonly written: string
  /** Without a collection: `copy`. */
  readonly module: string
  readonly range: SourceRange
  /** Arguments by name, with where each stands. */
  readonly args: RawDict
  readonly argNodes: ReadonlyMap<string, { readonly node: Node; readonly keyRange: SourceRange }>
  /** What stands behind the module's name on its line: `command: uptime`, `copy: src=a dest=/b`. */
  readonly text: ScalarNode | undefined
}

/** What the loader has to know of modules to tell an action from a misspelt keyword. */
export interface ModuleNames {
  has(name: string): boolean
  names(): Iterable<string>
}

/** Collections whose names stand for modules of ours. */
const COLLECTIONS = ['ansible.builtin', 'ansible.legacy', 'ansible.posix', 'community.general', 'oracle.oci', 'playline.builtin']

/** How deep `import_playbook` and `import_tasks` may go. */
const MAX_IMPORT_DEPTH = 20

/** Actions of Ansible that are part of the language, not modules, and are not supported. */
const REFUSED_ACTIONS: Readonly<Record<string, string>> = {
  include: 'write include_tasks or import_tasks',
  include_tasks: 'not yet part of Playline',
  include_role: 'not yet part of Playline',
  import_role: 'not yet part of Playline',
  include_vars: 'not yet part of Playline',
  add_host: 'not yet part of Playline',
  group_by: 'not yet part of Playline',
}

export class PlaybookLoader {
  readonly #reader: Reader
  readonly #modules: ModuleNames
  readonly #faults: Diagnostic[] = []
  /** The files that are being read, each imported by the one before. */
  readonly #open: string[] = []

  constructor(reader: Reader, modules: ModuleNames) {
    this.#reader = reader
    this.#modules = modules
  }

  /** Faults found so far. The tree is only fit to run where there are none. */
  get faults(): readonly Diagnostic[] {
    return this.#faults
  }

  /** The plays of a playbook file, those of imported files in their place. */
  load(absolute: string): Play[] {
    return this.#file(absolute, undefined, [])
  }

  #file(absolute: string, at: SourceRange | undefined, imported: readonly Keywords[]): Play[] {
    return this.#opened(absolute, at, (node) => this.#plays(node, absolute, imported))
  }

  /** Reads a file and what it imports; a fault, and nothing, where it cannot be read or is being read already. */
  #opened<T>(absolute: string, at: SourceRange | undefined, read: (node: Node) => T[]): T[] {
    if (this.#open.includes(absolute) || this.#open.length > MAX_IMPORT_DEPTH) {
      this.#fault('INCLUDE_CYCLE', `${this.#reader.shownPath(absolute)} imports itself`, at)
      return []
    }
    this.#open.push(absolute)
    try {
      return read(this.#reader.yaml(absolute, at))
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.#faults.push(...error.diagnostics)
      return []
    } finally {
      this.#open.pop()
    }
  }

  #plays(node: Node, absolute: string, imported: readonly Keywords[]): Play[] {
    if (node.kind !== 'list') {
      this.#fault('WRONG_TYPE', `a playbook is a list of plays, and this is ${kindName(node)}`, node.range, 'Begin each play with a dash: "- hosts: all".')
      return []
    }
    const plays: Play[] = []
    for (const item of node.items) {
      if (item.kind !== 'map') {
        this.#fault('WRONG_TYPE', `a play is a mapping, and this is ${kindName(item)}`, item.range)
        continue
      }
      const importEntry = item.entries.find((entry) => bareName(entry.key) === 'import_playbook')
      if (importEntry) plays.push(...this.#import(item, importEntry, absolute, imported))
      else {
        const play = this.#play(item, path.dirname(absolute), imported)
        if (play) plays.push(play)
      }
    }
    return plays
  }

  #import(item: MapNode, entry: MapEntry, from: string, imported: readonly Keywords[]): Play[] {
    const keywords = new Map<string, KeywordValue>()
    for (const other of item.entries) {
      if (other === entry) continue
      if (!['name', 'when', 'tags', 'vars'].includes(other.key)) {
        this.#fault(
          'UNKNOWN_KEYWORD',
          `'${other.key}' is not a keyword of import_playbook`,
          other.keyRange,
          didYouMean(other.key, ['name', 'when', 'tags', 'vars']),
        )
        continue
      }
      this.#keyword(keywords, other, keywordNamed(other.key)!)
    }
    const name = entry.value.kind === 'scalar' ? entry.value.value : undefined
    if (typeof name !== 'string' || name === '') {
      this.#fault(
        'WRONG_TYPE',
        'import_playbook takes the path of a playbook',
        entry.value.range,
        name instanceof Template ? 'A templated path is not supported yet.' : undefined,
      )
      return []
    }
    return this.#file(path.resolve(path.dirname(from), name), entry.value.range, [...imported, keywords])
  }

  #play(node: MapNode, folder: string, imported: readonly Keywords[]): Play | undefined {
    const keywords = this.#keywords(node, 'play', () => false)
    if (!entryOf(node, 'hosts')) this.#fault('MISSING_KEYWORD', "a play needs 'hosts'", node.range, 'Name a group or host of the inventory, or all.')
    if (!keywords.has('hosts')) return undefined
    const items = (keyword: string): TaskItem[] => this.#items(keywords.get(keyword)?.node, keyword)
    return {
      kind: 'play',
      keywords,
      range: node.range,
      folder,
      imported,
      roles: this.#roles(keywords.get('roles')?.node),
      preTasks: items('pre_tasks'),
      tasks: items('tasks'),
      postTasks: items('post_tasks'),
      handlers: items('handlers'),
    }
  }

  /** The entries of `roles:`, or of a role's dependencies. */
  roleEntries(node: Node | undefined): RoleEntry[] {
    return this.#roles(node)
  }

  #roles(node: Node | undefined): RoleEntry[] {
    if (!node || isNull(node)) return []
    if (node.kind !== 'list') {
      this.#fault('WRONG_TYPE', `'roles' is a list, and this is ${kindName(node)}`, node.range)
      return []
    }
    const entries: RoleEntry[] = []
    for (const item of node.items) {
      if (item.kind === 'scalar' && typeof item.value === 'string') {
        entries.push({ name: item.value, nameRange: item.range, keywords: new Map(), params: new RawDict() })
        continue
      }
      const named = item.kind === 'map' ? (entryOf(item, 'role') ?? entryOf(item, 'name')) : undefined
      if (item.kind !== 'map' || named?.value.kind !== 'scalar' || typeof named.value.value !== 'string') {
        this.#fault(
          'WRONG_TYPE',
          "a role is a name, or a mapping with 'role'",
          item.range,
          isTemplate(named?.value ?? item) ? 'A templated name is not supported yet.' : undefined,
        )
        continue
      }
      const params = new RawDict()
      const keywords = this.#keywords(item, 'role', (entry) => {
        if (entry.key === 'role' || entry.key === 'name') return true
        if (keywordNamed(entry.key)?.places.includes('role')) return false
        params.set(entry.key, toRaw(entry.value))
        return true
      })
      entries.push({ name: named.value.value, nameRange: named.value.range, keywords, params })
    }
    return entries
  }

  /** The tasks of a task file. */
  taskFile(absolute: string, at?: SourceRange): TaskItem[] {
    return this.#opened(absolute, at, (node) => this.#items(node, 'tasks'))
  }

  #items(node: Node | undefined, what: string): TaskItem[] {
    if (!node || isNull(node)) return []
    if (node.kind !== 'list') {
      this.#fault('WRONG_TYPE', `'${what}' is a list of tasks, and this is ${kindName(node)}`, node.range)
      return []
    }
    return node.items.flatMap((item) => this.#item(item, path.dirname(item.range.file.path)) ?? [])
  }

  #item(node: Node, folder: string): TaskItem[] | undefined {
    if (node.kind !== 'map') {
      this.#fault('WRONG_TYPE', `a task is a mapping, and this is ${kindName(node)}`, node.range)
      return undefined
    }
    if (entryOf(node, 'block')) return [this.#block(node)]
    return this.#task(node, folder)
  }

  #block(node: MapNode): Block {
    const keywords = this.#keywords(node, 'block', () => false)
    const items = (keyword: string): TaskItem[] => this.#items(keywords.get(keyword)?.node, keyword)
    return { kind: 'block', keywords, range: node.range, block: items('block'), rescue: items('rescue'), always: items('always') }
  }

  #task(node: MapNode, folder: string): TaskItem[] | undefined {
    const actions: MapEntry[] = []
    const refused: MapEntry[] = []
    const refuse = (code: Diagnostic['code'], summary: string, entry: MapEntry, hint?: string): void => {
      refused.push(entry)
      this.#fault(code, summary, entry.keyRange, hint)
    }
    const keywords = this.#keywords(node, 'task', (entry) => {
      const { key } = entry
      const keyword = keywordNamed(key)
      if (keyword?.places.includes('task')) return false
      const module = bareName(key)
      if (this.#modules.has(module) || module === 'import_tasks') actions.push(entry)
      else if (key.startsWith('with_'))
        this.#fault('UNSUPPORTED_KEYWORD', `'${key}' is not supported: not yet part of Playline`, entry.keyRange, "Write 'loop'.")
      else if (Object.hasOwn(REFUSED_ACTIONS, module)) refuse('UNSUPPORTED_KEYWORD', `'${key}' is not supported: ${REFUSED_ACTIONS[module]}`, entry)
      else if (keyword) this.#fault('UNKNOWN_KEYWORD', `'${key}' is not a keyword of a task`, entry.keyRange, `It may stand in: ${keyword.places.join(', ')}.`)
      else
        refuse(
          'UNKNOWN_MODULE',
          `'${key}' is neither a keyword of a task nor a module`,
          entry,
          didYouMean(module, [...this.#modules.names(), ...keywordsOf('task')]),
        )
      return true
    })
    if (actions.length === 0) {
      if (refused.length === 0 && !['action', 'local_action'].some((key) => entryOf(node, key)))
        this.#fault('MISSING_ACTION', 'this task does nothing: no module is named', node.range)
      return undefined
    }
    if (actions.length > 1) {
      this.#fault('CONFLICTING_ACTIONS', `a task has one module, and this has ${actions.map((entry) => `'${entry.key}'`).join(' and ')}`, actions[1]!.keyRange)
      return undefined
    }
    const entry = actions[0]!
    if (bareName(entry.key) === 'import_tasks') return this.#importTasks(entry, keywords, node, folder)
    const action = this.#action(entry, keywords.get('args'))
    return action ? [{ kind: 'task', keywords, range: node.range, action }] : undefined
  }

  /** A static import is a block of the file's tasks, with the importing task's keywords. */
  #importTasks(entry: MapEntry, keywords: Keywords, node: MapNode, folder: string): TaskItem[] | undefined {
    for (const [name, { keyRange }] of keywords) {
      if (!keywordNamed(name)!.places.includes('block'))
        this.#fault(
          'UNSUPPORTED_KEYWORD',
          `'${name}' cannot stand beside import_tasks`,
          keyRange,
          'The import is read before the run; it has no result of its own.',
        )
    }
    const name = this.#importedFile(entry)
    if (name === undefined) return undefined
    const inherited = new Map(keywords)
    inherited.delete('name')
    // Beside the file that imports, else beside those that it was imported by.
    const folders = [path.resolve(this.#reader.workingFolder, folder), ...this.#open.map((file) => path.dirname(file)).reverse()]
    const candidates = folders.map((each) => path.resolve(each, name))
    const block = this.taskFile(candidates.find(isFile) ?? candidates[0]!, entry.value.range)
    return [{ kind: 'block', keywords: inherited, range: node.range, block, rescue: [], always: [] }]
  }

  /** The path that import_tasks names: its text, or its only parameter `file`. */
  #importedFile({ key, value }: MapEntry): string | undefined {
    const { pairs, rest } =
      value.kind === 'scalar' ? splitKeyValues(value, false) : { pairs: value.kind === 'map' ? (toRaw(value) as RawDict) : new RawDict(), rest: undefined }
    for (const name of pairs.keys())
      if (name !== 'file') this.#fault('BAD_ARGUMENT', `'${key}' has no parameter '${print(name)}'`, value.range, "It has: file. Variables stand under 'vars'.")
    const name = rest ?? pairs.get('file')
    if (typeof name === 'string') return name
    this.#fault(
      'WRONG_TYPE',
      'import_tasks takes the path of a task file',
      value.range,
      name instanceof Template ? 'A templated path is not supported yet.' : undefined,
    )
    return undefined
  }

  #action(entry: MapEntry, argsKeyword: KeywordValue | undefined): Action | undefined {
    const module = bareName(entry.key)
    const args = new RawDict()
    const argNodes = new Map<string, { node: Node; keyRange: SourceRange }>()
    const add = (map: MapNode): void => {
      for (const each of map.entries) {
        args.set(each.key, toRaw(each.value))
        argNodes.set(each.key, { node: each.value, keyRange: each.keyRange })
      }
    }
    if (argsKeyword?.node.kind === 'map') add(argsKeyword.node)
    const value = entry.value
    if (value.kind === 'map') add(value)
    else if (value.kind === 'list') {
      this.#fault('WRONG_TYPE', `the arguments of '${entry.key}' are a mapping, and this is a list`, value.range)
      return undefined
    }
    const text = value.kind === 'scalar' && !isNull(value) ? value : undefined
    return { written: entry.key, module, range: entry.keyRange, args, argNodes, text }
  }

  #keywords(node: MapNode, place: Place, other: (entry: MapEntry) => boolean): Keywords {
    const keywords = new Map<string, KeywordValue>()
    for (const entry of node.entries) {
      if (other(entry)) continue
      const keyword = keywordNamed(entry.key)
      if (!keyword?.places.includes(place)) {
        const hint = didYouMean(entry.key, keywordsOf(place)) ?? (keyword ? `It may stand in: ${keyword.places.join(', ')}.` : undefined)
        this.#fault('UNKNOWN_KEYWORD', `'${entry.key}' is not a keyword of a ${place}`, entry.keyRange, hint)
        continue
      }
      if (keyword.refused !== undefined) {
        this.#fault('UNSUPPORTED_KEYWORD', `'${entry.key}' is not supported: ${keyword.refused}`, entry.keyRange)
        continue
      }
      this.#keyword(keywords, entry, keyword)
    }
    return keywords
  }

  #keyword(keywords: Map<string, KeywordValue>, entry: MapEntry, keyword: Keyword): void {
    const { kind } = keyword
    if (!hasKind(entry.value, kind)) {
      this.#fault(
        'WRONG_TYPE',
        `'${entry.key}' takes ${KIND_WORDS[kind]}, and this is ${kindName(entry.value)}`,
        entry.value.range,
        kind === 'variable' ? VARIABLE_HINT : undefined,
      )
      return
    }
    const misnamed = kind === 'variables' && entry.value.kind === 'map' ? entry.value.entries.find(({ key }) => !VARIABLE.test(key)) : undefined
    if (misnamed) this.#fault('WRONG_TYPE', `'${misnamed.key}' is not the name of a variable`, misnamed.keyRange, VARIABLE_HINT)
    if (kind === 'defaults') moduleDefaultEntries(entry.value).forEach((each) => this.#moduleDefault(each))
    keywords.set(entry.key, { raw: toRaw(entry.value), node: entry.value, keyRange: entry.keyRange })
  }

  #moduleDefault({ key, keyRange, value }: MapEntry): void {
    const module = bareName(key)
    if (key.startsWith('group/')) {
      this.#fault('UNSUPPORTED_VALUE', `'${key}' is not supported: Playline has no action groups`, keyRange, 'Name the modules one by one.')
    } else if (!this.#modules.has(module)) {
      this.#fault('UNKNOWN_MODULE', `'${key}' is not a module`, keyRange, didYouMean(module, this.#modules.names()))
    } else if (value.kind !== 'map' && !isTemplate(value) && !isNull(value)) {
      this.#fault('WRONG_TYPE', `the defaults of '${key}' are a mapping, and this is ${kindName(value)}`, value.range)
    }
  }

  #fault(code: Diagnostic['code'], summary: string, range: SourceRange | undefined, hint?: string): void {
    this.#faults.push({ code, severity: 'error', summary, range, hint })
  }
}

/** What a keyword takes, as a person would say it. */
const KIND_WORDS: Readonly<Record<KeywordKind, string>> = {
  text: 'text',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  names: 'a name or a list of names',
  conditions: 'a condition or a list of conditions',
  variable: 'the name of a variable',
  variables: 'a mapping',
  map: 'a mapping',
  defaults: 'a mapping by modules, or a list of such mappings',
  items: 'a list of tasks',
  any: 'anything',
}

/** The name of a variable, as a template can use it. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
const VARIABLE_HINT = 'Such a name has letters, digits and _, and does not begin with a digit.'

/** Whether a keyword can have a value. Templates are judged when they are evaluated. */
function hasKind(node: Node, kind: KeywordKind): boolean {
  if (isNull(node)) return true
  const value = node.kind === 'scalar' ? node.value : undefined
  const text = typeof value === 'string' ? value : undefined
  switch (kind) {
    case 'any':
      return true
    case 'items':
      return node.kind === 'list'
    case 'map':
    case 'variables':
      return node.kind === 'map'
    case 'defaults':
      return node.kind === 'map' || (node.kind === 'list' && node.items.every((item) => item.kind === 'map'))
    case 'variable':
      return text !== undefined && VARIABLE.test(text)
    case 'text':
      return value !== undefined
    case 'boolean':
      return (
        isTemplate(node) ||
        typeof value === 'boolean' ||
        value === 0 ||
        value === 1 ||
        (text !== undefined && /^(?:yes|no|true|false|on|off|[yntf10])$/i.test(text))
      )
    case 'integer':
      return isTemplate(node) || typeof value === 'number' || (text !== undefined && /^-?\d+$/.test(text))
    case 'number':
      return isTemplate(node) || typeof value === 'number' || value instanceof Float || (text !== undefined && /^-?\d+(\.\d+)?%?$/.test(text))
    case 'names':
    case 'conditions':
      return value !== undefined || (node.kind === 'list' && node.items.every((item) => item.kind === 'scalar'))
  }
}

function isTemplate(node: Node): boolean {
  return node.kind === 'scalar' && node.value instanceof Template
}

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** The entries of a `module_defaults`: a mapping by modules, or a list of such mappings. */
export function moduleDefaultEntries(node: Node): readonly MapEntry[] {
  if (node.kind === 'list') return node.items.flatMap(moduleDefaultEntries)
  return node.kind === 'map' ? node.entries : []
}

/** A module's name without the collection in front. */
export function bareName(written: string): string {
  for (const collection of COLLECTIONS) if (written.startsWith(`${collection}.`)) return written.slice(collection.length + 1)
  return written
}

function kindName(node: Node): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a mapping'
  if (node.value === null) return 'empty'
  if (node.value instanceof Template) return 'a template'
  return typeof node.value === 'string'
    ? 'text'
    : `the ${typeof node.value === 'boolean' ? 'boolean' : 'number'} ${String(node.value instanceof Float ? node.value.value : (node.value as number))}`
}
