/** From YAML to plays, blocks and tasks. Nothing is evaluated here: values may still hold templates. */
import path from 'node:path'
import { Collections, collectionOfPlaybook } from './collections.ts'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { Float, hasTemplateMarkers, RawDict, Template, type Raw } from '../value/value.ts'
import { isVariableName, VARIABLE_NAME_HINT } from '../value/variable-name.ts'
import { splitKeyValues } from './arguments.ts'
import { keywordNamed, keywordsOf, type Keyword, type KeywordKind, type Place } from './keywords.ts'
import type { Reader } from './reader.ts'
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
  /** `NAMESPACE.COLLECTION`, where its playbook is one of a collection. */
  readonly collection: string | undefined
  readonly roles: readonly RoleEntry[]
  readonly preTasks: readonly TaskItem[]
  readonly tasks: readonly TaskItem[]
  readonly postTasks: readonly TaskItem[]
  readonly handlers: readonly TaskItem[]
  /** What `import_playbook` put on every play of the imported file. */
  readonly imported: readonly Keywords[]
}

export interface RoleEntry {
  readonly name: string | Template
  readonly nameRange: SourceRange
  readonly keywords: Keywords
  /** Parameters written inline: everything that is not a keyword. */
  readonly params: RawDict
}

export type TaskItem = Task | Block | Import

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
  readonly loop?: Loop | undefined
}

/** What a task is repeated over: `loop`, or a `with_` and the lookup that it names. */
export interface Loop {
  /** The lookup that makes the items of what is given; undefined for `loop`. */
  readonly lookup: string | undefined
  readonly raw: Raw
  readonly node: Node
  readonly keyRange: SourceRange
}

/** A task file or a role whose tasks stand here: read before the run. */
export interface Import {
  readonly kind: 'import'
  readonly what: 'tasks' | 'role'
  readonly keywords: Keywords
  readonly range: SourceRange
  readonly action: Action
}

export interface Action {
  /** As the task wrote it: `ansible.builtin.copy`. */
  readonly written: string
  /** Without a collection: `copy`; empty where a template names it. */
  readonly module: string
  /** The template that names the module when the task runs: `action: "{{ ansible_pkg_mgr }} name=chrony"`. */
  readonly named?: Template | undefined
  readonly range: SourceRange
  /** Arguments by name, with where each stands. */
  readonly args: RawDict
  readonly argNodes: ReadonlyMap<string, { readonly node: Node; readonly keyRange: SourceRange }>
  /** What stands behind the module's name on its line: `command: uptime`, `copy: src=a dest=/b`. */
  readonly text: ScalarNode | undefined
  /** A template that gives arguments as a whole: `args: "{{ more }}"`. */
  readonly whole: ScalarNode | undefined
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

/** Keywords that may stand beside a file or role that is included in the run: what it includes has its own, or gets them by `apply`. */
const INCLUDE_KEYWORDS: ReadonlySet<string> = new Set(
  'args collections debugger ignore_errors listen loop loop_control name no_log register run_once tags timeout vars when'.split(' '),
)
const LOOP_CONTROL: readonly string[] = ['label', 'loop_var', 'index_var', 'pause', 'extended', 'extended_allitems']
const INCLUDES: ReadonlySet<string> = new Set(['include_tasks', 'include_role'])
const IMPORTS: Readonly<Record<string, Import['what']>> = { import_tasks: 'tasks', import_role: 'role' }

export class PlaybookLoader {
  readonly #reader: Reader
  readonly #modules: ModuleNames
  readonly #text: (template: Template) => string
  readonly #collections: Collections
  readonly #faults: Diagnostic[] = []
  /** The files that are being read, each imported by the one before. */
  readonly #open: string[] = []

  /** `text` evaluates a template in the path of an imported playbook, for which only the variables of the command line are there. */
  constructor(reader: Reader, modules: ModuleNames, text: (template: Template) => string, collections = new Collections()) {
    this.#reader = reader
    this.#modules = modules
    this.#text = text
    this.#collections = collections
  }

  /** Faults found so far. The tree is only fit to run where there are none. */
  get faults(): readonly Diagnostic[] {
    return this.#faults
  }

  /** The faults found since they were last taken. */
  takeFaults(): Diagnostic[] {
    return this.#faults.splice(0)
  }

  /** The plays of a playbook file, those of imported files in their place. */
  load(absolute: string): Play[] {
    this.#collections.addBeside(path.dirname(absolute))
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
    if (node.items.length === 0) this.#fault('MISSING_KEYWORD', 'a playbook has at least one play', node.range, 'Begin each play with a dash: "- hosts: all".')
    const plays: Play[] = []
    for (const item of node.items) {
      if (item.kind !== 'map') {
        this.#fault('WRONG_TYPE', `a play is a mapping, and this is ${kindName(item)}`, item.range)
        continue
      }
      const importEntry = item.entries.find((entry) => bareName(entry.key) === 'import_playbook')
      if (importEntry) plays.push(...this.#import(item, importEntry, absolute, imported))
      else {
        const play = this.#play(item, absolute, imported)
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
    const written = entry.value.kind === 'scalar' ? entry.value.value : undefined
    const name = written instanceof Template ? this.#evaluated(written) : written
    if (typeof name !== 'string' || name === '') {
      if (!(written instanceof Template)) this.#fault('WRONG_TYPE', 'import_playbook takes the path of a playbook', entry.value.range)
      return []
    }
    return this.#file(this.#collections.playbook(name) ?? path.resolve(path.dirname(from), name), entry.value.range, [...imported, keywords])
  }

  /** Undefined, and a fault, where it cannot be evaluated. */
  #evaluated(template: Template): string | undefined {
    try {
      return this.#text(template)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.#faults.push(...error.diagnostics)
      return undefined
    }
  }

  #play(node: MapNode, absolute: string, imported: readonly Keywords[]): Play | undefined {
    const keywords = this.#keywords(node, 'play', () => false)
    this.#userOf(keywords)
    if (!entryOf(node, 'hosts')) this.#fault('MISSING_KEYWORD', "a play needs 'hosts'", node.range, 'Name a group or host of the inventory, or all.')
    if (!keywords.has('hosts')) return undefined
    const items = (keyword: string): TaskItem[] => this.#items(keywords.get(keyword)?.node, keyword)
    return {
      kind: 'play',
      keywords,
      range: node.range,
      folder: path.dirname(absolute),
      collection: collectionOfPlaybook(absolute),
      imported,
      roles: this.#roles(keywords.get('roles')?.node),
      preTasks: items('pre_tasks'),
      tasks: items('tasks'),
      postTasks: items('post_tasks'),
      handlers: items('handlers'),
    }
  }

  /** A play's `user` is its `remote_user`. */
  #userOf(keywords: Map<string, KeywordValue>): void {
    const user = keywords.get('user')
    if (!user) return
    if (keywords.has('remote_user')) this.#fault('BAD_ARGUMENT', "'user' and 'remote_user' are one keyword, and both are given", user.keyRange)
    keywords.delete('user')
    keywords.set('remote_user', user)
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
      if (item.kind === 'scalar' && item.value instanceof Template) {
        entries.push({ name: item.value, nameRange: item.range, keywords: new Map(), params: new RawDict() })
        continue
      }
      const named = item.kind === 'map' ? (entryOf(item, 'role') ?? entryOf(item, 'name') ?? entryOf(item, 'src')) : undefined
      const name = named?.value.kind === 'scalar' ? named.value.value : undefined
      if (item.kind !== 'map' || !named || (typeof name !== 'string' && !(name instanceof Template))) {
        this.#fault('WRONG_TYPE', "a role is a name, or a mapping with 'role'", item.range)
        continue
      }
      const params = new RawDict()
      const keywords = this.#keywords(item, 'role', (entry) => {
        if (['role', 'name', 'src', 'scm', 'version'].includes(entry.key)) return true
        if (keywordNamed(entry.key)?.places.includes('role')) return false
        params.set(entry.key, toRaw(entry.value))
        return true
      })
      entries.push({ name, nameRange: named.value.range, keywords, params })
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
    return node.items.flatMap((item) => (isNull(item) ? [] : (this.#item(item) ?? [])))
  }

  #item(node: Node): TaskItem | undefined {
    if (node.kind !== 'map') {
      this.#fault('WRONG_TYPE', `a task is a mapping, and this is ${kindName(node)}`, node.range)
      return undefined
    }
    return entryOf(node, 'block') ? this.#block(node) : this.#task(node)
  }

  /** The keywords of a mapping under `apply`, as a block has them. */
  applied(node: Node): Keywords {
    if (node.kind === 'map') return this.#keywords(node, 'block', () => false)
    this.#fault('WRONG_TYPE', `'apply' is a mapping of keywords, and this is ${kindName(node)}`, node.range)
    return new Map()
  }

  #block(node: MapNode): Block {
    const keywords = this.#keywords(node, 'block', () => false)
    const items = (keyword: string): TaskItem[] => {
      const found = keywords.get(keyword)
      if (found?.raw === null) this.#fault('WRONG_TYPE', `'${keyword}' is a list of tasks, and there is nothing`, found.keyRange)
      return this.#items(found?.node, keyword)
    }
    return { kind: 'block', keywords, range: node.range, block: items('block'), rescue: items('rescue'), always: items('always') }
  }

  #task(node: MapNode): Task | Import | undefined {
    const actions: MapEntry[] = []
    const refused: MapEntry[] = []
    const loops: Loop[] = []
    const keywords = this.#keywords(node, 'task', (entry) => {
      const { key } = entry
      const keyword = keywordNamed(key)
      if (keyword?.places.includes('task')) return false
      const module = bareName(key)
      if (this.#isAction(module)) actions.push(entry)
      else if (key.startsWith('with_')) loops.push({ lookup: key.slice('with_'.length), raw: toRaw(entry.value), node: entry.value, keyRange: entry.keyRange })
      else {
        refused.push(entry)
        if (keyword) this.#fault('UNKNOWN_KEYWORD', `'${key}' is not a keyword of a task`, entry.keyRange, `It may stand in: ${keyword.places.join(', ')}.`)
        else this.#unknownAction(key, entry.keyRange)
      }
      return true
    })
    const loop = keywords.get('loop')
    if (loop && loop.raw !== null) loops.unshift({ lookup: undefined, ...loop })
    for (const { lookup, node, keyRange } of loops) {
      if (lookup !== undefined && isNull(node)) this.#fault('MISSING_KEYWORD', `'with_${lookup}' needs a value`, keyRange)
    }
    const control = keywords.get('loop_control')?.node
    for (const { key, keyRange } of control?.kind === 'map' ? control.entries : []) {
      if (!LOOP_CONTROL.includes(key))
        this.#fault('UNKNOWN_KEYWORD', `'loop_control' has no '${key}'`, keyRange, didYouMean(key, LOOP_CONTROL) ?? `It has: ${LOOP_CONTROL.join(', ')}.`)
    }
    if (loops.length > 1) this.#fault('CONFLICTING_ACTIONS', 'a task is repeated over one thing', loops[1]!.keyRange, "Keep 'loop', or one 'with_'.")
    const written = ['action', 'local_action'].flatMap((name) => entryOf(node, name) ?? [])
    const [entry, second] = [...actions, ...written]
    if (!entry) {
      if (refused.length === 0) this.#fault('MISSING_ACTION', 'this task does nothing: no module is named', node.range)
      return undefined
    }
    if (second) {
      this.#fault('CONFLICTING_ACTIONS', `a task has one module, and this has '${entry.key}' and '${second.key}'`, second.keyRange)
      return undefined
    }
    const args = keywords.get('args')
    const action = written.includes(entry) ? this.#writtenAction(entry, args) : this.#action(entry.key, entry.keyRange, entry.value, args)
    if (!action) return undefined
    if (entry.key === 'local_action') {
      keywords.set('delegate_to', { raw: 'localhost', node: entry.value, keyRange: entry.keyRange })
    }
    return this.#taskOf(node, keywords, action, loops[0])
  }

  #taskOf(node: MapNode, keywords: Map<string, KeywordValue>, written: Action, loop: Loop | undefined): Task | Import {
    const { range } = node
    const action = withInclude(written, loop !== undefined)
    const what = Object.hasOwn(IMPORTS, action.module) ? IMPORTS[action.module] : undefined
    if (what) {
      if (loop) this.#fault('UNSUPPORTED_KEYWORD', `'${action.written}' cannot be repeated: it is read before the run`, loop.keyRange, `Write include_${what}.`)
      return { kind: 'import', what, keywords, range, action }
    }
    if (INCLUDES.has(action.module)) {
      for (const [name, { keyRange }] of keywords) {
        if (!INCLUDE_KEYWORDS.has(name) && name !== 'action')
          this.#fault(
            'UNSUPPORTED_KEYWORD',
            `'${name}' cannot stand beside ${action.written}`,
            keyRange,
            "What is to hold for the included tasks stands under 'apply'.",
          )
      }
    }
    return { kind: 'task', keywords, range, action, loop }
  }

  #isAction(module: string): boolean {
    return this.#modules.has(module) || Object.hasOwn(IMPORTS, module)
  }

  #unknownAction(written: string, range: SourceRange): void {
    const hint = didYouMean(bareName(written), [...this.#modules.names(), ...keywordsOf('task')])
    this.#fault('UNKNOWN_MODULE', `'${written}' is neither a keyword of a task nor a module`, range, hint)
  }

  /** `action: copy src=a dest=/b`, or a mapping with `module`. */
  #writtenAction({ key, value, keyRange }: MapEntry, args: KeywordValue | undefined): Action | undefined {
    const named = value.kind === 'map' ? entryOf(value, 'module')?.value : value
    const written = named && textOf(named)
    const match = written === undefined ? undefined : /^\s*([A-Za-z0-9_.]+|(?=\S*\{\{)(?:\{\{[\s\S]*?\}\}|\S)+?)(?:\s+([\s\S]*))?$/.exec(written)
    if (!named || !match) {
      this.#fault('MISSING_ACTION', `'${key}' names no module`, value.range, 'Write the name of the module, then its arguments.')
      return undefined
    }
    const [, module, rest = ''] = match
    const template = hasTemplateMarkers(module!) ? new Template(module!, named.range) : undefined
    if (!template && !this.#isAction(bareName(module!))) {
      this.#unknownAction(module!, value.range)
      return undefined
    }
    const text = hasTemplateMarkers(rest) ? new Template(rest, named.range) : rest === '' ? null : rest
    const textNode: ScalarNode | undefined = text === null ? undefined : { kind: 'scalar', range: named.range, value: text }
    const others = value.kind === 'map' ? { ...value, entries: value.entries.flatMap(argumentsIn) } : undefined
    const action = this.#action(module!, keyRange, others, args, textNode)
    return action && template ? { ...action, module: '', named: template } : action
  }

  /** `textBeside` is text that stands beside the arguments in `value`. */
  #action(written: string, range: SourceRange, value: Node | undefined, argsKeyword: KeywordValue | undefined, textBeside?: ScalarNode): Action | undefined {
    const args = new RawDict()
    const argNodes = new Map<string, { node: Node; keyRange: SourceRange }>()
    const add = (map: MapNode): void => {
      for (const each of map.entries) {
        args.set(each.key, toRaw(each.value))
        argNodes.set(each.key, { node: each.value, keyRange: each.keyRange })
      }
    }
    if (argsKeyword?.node.kind === 'map') add(argsKeyword.node)
    if (value?.kind === 'map') add(value)
    else if (value?.kind === 'list') {
      this.#fault('WRONG_TYPE', `the arguments of '${written}' are a mapping, and this is a list`, value.range)
      return undefined
    }
    const text = value?.kind === 'scalar' && !isNull(value) ? value : textBeside
    const whole = argsKeyword?.node.kind === 'scalar' && isTemplate(argsKeyword.node) ? argsKeyword.node : undefined
    return { written, module: bareName(written), range, args, argNodes, text, whole }
  }

  #keywords(node: MapNode, place: Place, other: (entry: MapEntry) => boolean): Map<string, KeywordValue> {
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

  #keyword(keywords: Map<string, KeywordValue>, written: MapEntry, keyword: Keyword): void {
    const { kind } = keyword
    const entry = kind === 'variables' ? { ...written, value: asOneMapping(written.value) } : written
    if (!hasKind(entry.value, kind)) {
      this.#fault(
        'WRONG_TYPE',
        `'${entry.key}' takes ${KIND_WORDS[kind]}, and this is ${kindName(entry.value)}`,
        entry.value.range,
        kind === 'variable' ? VARIABLE_HINT : undefined,
      )
      return
    }
    const { value } = entry
    const misnamed = kind === 'variables' && value.kind === 'map' ? value.entries.find(({ key }) => !isVariableName(key)) : undefined
    if (misnamed) this.#fault('WRONG_TYPE', `'${misnamed.key}' is not the name of a variable`, misnamed.keyRange, VARIABLE_NAME_HINT)
    if (kind === 'defaults') moduleDefaultEntries(entry.value).forEach((each) => this.#moduleDefault(each))
    keywords.set(entry.key, { raw: toRaw(value), node: value, keyRange: entry.keyRange })
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
  tags: 'a name or a list of names',
  conditions: 'a condition or a list of conditions',
  variable: 'the name of a variable',
  variables: 'a mapping, or a list of mappings',
  map: 'a mapping',
  arguments: 'a mapping',
  defaults: 'a mapping by modules, or a list of such mappings',
  items: 'a list of tasks',
  any: 'anything',
}

/** A list of mappings as one, in which what comes later wins; anything else as it is. */
function asOneMapping(node: Node): Node {
  if (node.kind !== 'list' || !node.items.every((item) => item.kind === 'map')) return node
  const entries = new Map(node.items.flatMap((item) => item.entries.map((entry): [string, MapEntry] => [entry.key, entry])))
  return { kind: 'map', entries: [...entries.values()], range: node.range }
}

/** What an entry beside `module` stands for: an argument, or with `args` all of its. */
function argumentsIn(entry: MapEntry): readonly MapEntry[] {
  if (entry.key === 'module') return []
  return entry.key === 'args' && entry.value.kind === 'map' ? entry.value.entries : [entry]
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
      return node.kind === 'map'
    case 'arguments':
      return node.kind === 'map' || isTemplate(node)
    case 'variables':
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
    case 'tags':
      return text !== undefined || isTemplate(node) || (node.kind === 'list' && node.items.every((item) => item.kind === 'scalar'))
    case 'names':
    case 'conditions':
      return value !== undefined || (node.kind === 'list' && node.items.every((item) => item.kind === 'scalar'))
  }
}

/** `include` where the file is written out and nothing is repeated: an import. */
function withInclude(action: Action, repeated: boolean): Action {
  if (action.module !== 'include') return action
  const named = action.args.get('file') ?? (action.text && splitKeyValues(action.text, false).rest)
  return repeated || named instanceof Template ? action : { ...action, module: 'import_tasks' }
}

/** Text as written, be it a template or not. */
function textOf(node: Node): string | undefined {
  const value = node.kind === 'scalar' ? node.value : undefined
  return value instanceof Template ? value.text : typeof value === 'string' ? value : undefined
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
