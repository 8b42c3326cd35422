/** Puts a play together: pre_tasks, roles with their dependencies, tasks, post_tasks. */
import path from 'node:path'
import { DiagnosticError, fail, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SourceRange } from '../diagnostic/source.ts'
import { splitKeyValues } from '../load/arguments.ts'
import {
  bareName,
  type Action,
  type Import,
  type Keywords,
  type KeywordValue,
  type Play,
  type PlaybookLoader,
  type RoleEntry,
  type Task,
  type TaskItem,
} from '../load/playbook.ts'
import type { Node } from '../load/yaml.ts'
import type { Role, RoleFiles, RoleLoader, RoleUser } from '../load/role.ts'
import { print, repr } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { RawDict, Template, Unknown, Vaulted, type Raw, type Value } from '../value/value.ts'
import { argumentCheck } from './own-tasks.ts'
import { findTaskFile, placesOf } from './task-files.ts'
import {
  INCLUDE_VARIABLES,
  inherited,
  lineage,
  type CompiledBlock,
  type CompiledItem,
  type CompiledPlay,
  type CompiledTask,
  type HandlerList,
  type RoleUse,
} from './compiled.ts'

/** Numbers tasks; one for a run. */
export class TaskCounter {
  #next = 1
  next(): number {
    return this.#next++
  }
}

export interface CompileTools {
  readonly playbooks: PlaybookLoader
  readonly roles: RoleLoader
  readonly counter: TaskCounter
  /** The folder that the paths in source ranges are relative to. */
  readonly workingFolder: string
  /** Evaluates a template in the name of an import, with what is known of the play before it runs. */
  readonly text: (template: Template, task: CompiledTask, play: CompiledPlay) => string
}

/** Where items stand. */
interface Situation {
  /** Keywords from the nearest block outwards. */
  readonly outer: readonly Keywords[]
  readonly role: RoleUse | undefined
  readonly isHandler: boolean
  readonly includes: readonly string[]
  /** True in what is read in the run. */
  readonly isDynamic?: boolean
}

/** A role that is included in a run. */
export interface RoleRequest {
  readonly name: string
  readonly files: RoleFiles
  /** True where its defaults and variables are seen by the rest of the play. */
  readonly isPublic: boolean
  readonly repeats: boolean
  /** False where its declared arguments are not checked. */
  readonly checksArguments: boolean
}

/** What an include gives to the tasks that it brings. */
export interface Given {
  /** Variables: those of the include, and of the loop around it. */
  readonly vars: RawDict
  /** What stands under `apply`. */
  readonly apply: Keywords
}

/** How deep roles and files may bring in each other. */
const MAX_DEPTH = 500

export class PlayCompiler {
  readonly #play: Play
  readonly #tools: CompileTools
  readonly #compiled: CompiledPlay & { sections: readonly (readonly CompiledItem[])[] }
  /** Handlers of the roles that tasks name, by the identity of the use. */
  #handlersOfRoles = new Map<string, HandlerList[]>()
  readonly #importedRoles = new Set<RoleUse>()
  /** The files of tasks that are being imported, each by the one before. */
  readonly #open: string[] = []

  constructor(play: Play, tools: CompileTools) {
    this.#play = play
    this.#tools = tools
    this.#compiled = { play, sections: [], handlers: [], roles: [], compiler: this }
  }

  /** Faults (a role that does not exist, dependencies in a circle) are left with the role loader. */
  compile(): CompiledPlay {
    const outer: Keywords[] = [this.#play.keywords, ...this.#play.imported.toReversed()]
    const at: Situation = { outer, role: undefined, isHandler: false, includes: [] }
    const roleHandlers: HandlerList[] = []
    const roleItems = this.#play.roles.flatMap((entry) => this.#roleEntry(entry, undefined, at, true, roleHandlers))
    // As in Ansible the variables of what these roles import are as if it stood behind all of them.
    this.#compiled.roles.sort((one, other) => Number(this.#importedRoles.has(one)) - Number(this.#importedRoles.has(other)))
    this.#compiled.handlers.unshift(...roleHandlers, ...handlerLists(this.#items(this.#play.handlers, { ...at, isHandler: true }), this.#play.handlers))
    this.#compiled.sections = [
      this.#items(this.#play.preTasks, at),
      [...roleItems, ...this.#items(this.#play.tasks, at)],
      this.#items(this.#play.postTasks, at),
    ]
    return this.#compiled
  }

  /**
   * The tasks of a file that a task includes in the run, under the name that the task gives it.
   *
   * @throws {DiagnosticError} with all faults of the file.
   */
  includeTasks(task: CompiledTask, { name, file }: { readonly name: string; readonly file: string }, given: Given): CompiledBlock {
    return this.#sound(() => {
      const items = this.#tools.playbooks.taskFile(file, task.task.action.range)
      const includes = [path.dirname(name), ...task.includes]
      return { kind: 'block', block: this.#items(items, { ...this.#within(task, given), includes }), rescue: [], always: [] }
    })
  }

  /**
   * The tasks of a role that a task includes in the run. Its handlers join those of the play.
   *
   * @throws {DiagnosticError} with all faults of the role.
   */
  includeRole(task: CompiledTask, request: RoleRequest, given: Given): CompiledBlock {
    return this.#sound(() => this.#role(task, request, this.#within(task, given), task.task.action.range, given.vars))
  }

  /** Answers what makes the play again what it is now: what is included until then is no part of it afterwards. */
  mark(): () => void {
    const { handlers, roles } = this.#compiled
    const before = { handlers: [...handlers], roles: roles.length, ofRoles: new Map(this.#handlersOfRoles) }
    return () => {
      handlers.splice(0, handlers.length, ...before.handlers)
      roles.length = before.roles
      this.#handlersOfRoles = before.ofRoles
    }
  }

  /** The keywords of an `apply`. @throws {DiagnosticError} for what a block does not have. */
  applied(node: Node): Keywords {
    return this.#sound(() => this.#tools.playbooks.applied(node))
  }

  /** The file of tasks that an include names; undefined where there is none. */
  includedFile(task: CompiledTask, name: string): string | undefined {
    return findTaskFile(task, name, 'include', this.#tools.workingFolder)
  }

  /** The folders where it is looked for. */
  foldersFor(task: CompiledTask, name: string): string[] {
    return [...new Set(placesOf(task, name, 'include', this.#tools.workingFolder).map((place) => path.dirname(place)))]
  }

  #sound<T>(compile: () => T): T {
    const { playbooks, roles } = this.#tools
    playbooks.takeFaults()
    roles.takeFaults()
    const made = compile()
    const faults: Diagnostic[] = [...playbooks.takeFaults(), ...roles.takeFaults()]
    if (faults.length > 0) throw new DiagnosticError(faults)
    return made
  }

  /** What an include brings has the keywords around the include, but not those of the include itself: of these it only has the variables. */
  #within(task: CompiledTask, { vars, apply }: Given): Situation {
    if (task.chain.length > MAX_DEPTH) fail('INCLUDE_CYCLE', `files include each other more than ${MAX_DEPTH} deep`, { range: task.task.range })
    const { range, action } = task.task
    // Of a role that includes another its parameters are stronger than what it gives that one.
    const params = action.module === 'include_role' && task.role ? lineage(task.role).flatMap((use) => [...use.params]) : []
    const raw = params.length === 0 ? vars : new RawDict([...vars, ...params])
    const own: Keywords = new Map<string, KeywordValue>([[INCLUDE_VARIABLES, { raw, node: { kind: 'map', entries: [], range }, keyRange: range }]])
    return { outer: [apply, own, ...task.chain.slice(1)], role: task.role, isHandler: task.isHandler, includes: task.includes, isDynamic: true }
  }

  // --- items -----------------------------------------------------------------------------------------------------------

  #items(items: readonly TaskItem[], at: Situation): CompiledItem[] {
    return items.map((item): CompiledItem => {
      if (item.kind === 'task') return this.#task(item, at)
      if (item.kind === 'import') {
        const isRead = at.isDynamic === true && isInclude(item.action)
        return isRead ? this.#task({ ...item, kind: 'task', action: { ...item.action, module: 'include' } }, at) : this.#import(item, at)
      }
      const inner = { ...at, outer: [item.keywords, ...at.outer] }
      return { kind: 'block', block: this.#items(item.block, inner), rescue: this.#items(item.rescue, inner), always: this.#items(item.always, inner) }
    })
  }

  #task(task: Task, { outer, role, isHandler, includes }: Situation): CompiledTask {
    const listen = isHandler ? undefined : task.keywords.get('listen')
    if (listen)
      this.#tools.roles.faults.push({ code: 'UNKNOWN_KEYWORD', severity: 'error', summary: "'listen' is a keyword of handlers", range: listen.keyRange })
    const chain = [task.keywords, ...outer]
    return { kind: 'task', id: this.#tools.counter.next(), task, chain, role, play: this.#play, isHandler, includes }
  }

  /** A static import is a block of what it names, with the importing task's keywords. */
  #import(item: Import, at: Situation): CompiledBlock {
    const task = this.#task({ ...item, kind: 'task' }, at)
    const keywords = isInclude(item.action) ? withVariables(item) : new Map(item.keywords)
    keywords.delete('name')
    const inner = { ...at, outer: [keywords, ...at.outer] }
    const empty: CompiledBlock = { kind: 'block', block: [], rescue: [], always: [] }
    try {
      const args = this.#importArguments(item.action, task, isInclude(item.action) ? INCLUDE_FILE : undefined)
      if (item.what === 'role') return this.#role(task, roleRequest(args, item.action), inner, item.action.range, keywords.get('vars')?.raw)
      const name = args.get('file') ?? args.get('_raw_params')
      if (name === undefined) fail('BAD_ARGUMENT', `'${item.action.written}' takes the path of a task file`, { range: item.action.range })
      const others = [...args.keys()].filter((key) => key !== 'file' && key !== '_raw_params')
      if (others.length > 0)
        fail('BAD_ARGUMENT', `'${item.action.written}' has no parameter '${others[0]}'`, {
          range: item.action.range,
          hint: "It has: file. Variables stand under 'vars'.",
        })
      const { workingFolder } = this.#tools
      const file = findTaskFile(task, print(name), 'import', workingFolder) ?? placesOf(task, print(name), 'import', workingFolder)[0]!
      if (this.#open.length > MAX_DEPTH || this.#open.includes(file)) fail('INCLUDE_CYCLE', `${print(name)} imports itself`, { range: item.range })
      this.#open.push(file)
      try {
        const block = this.#items(this.#tools.playbooks.taskFile(file, item.action.text?.range ?? item.action.range), {
          ...inner,
          includes: [path.dirname(print(name)), ...task.includes],
        })
        return { ...empty, block }
      } finally {
        this.#open.pop()
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.#tools.roles.faults.push(...error.diagnostics)
      return empty
    }
  }

  /** The arguments of an import, or those of them that are `wanted`: templates in them are evaluated before the run. */
  #importArguments(action: Action, task: CompiledTask, wanted?: readonly string[]): Map<string, Value> {
    const evaluated = (raw: Raw): Value => (raw instanceof Template ? this.#tools.text(raw, task, this.#compiled) : (raw as Value))
    return new Map([...writtenArguments(action)].filter(([name]) => wanted?.includes(name) !== false).map(([name, raw]) => [name, evaluated(raw)]))
  }

  // --- roles -----------------------------------------------------------------------------------------------------------

  /**
   * An entry of `roles`, or of a role's dependencies, with what it depends on before it. What is named before the run is seen by
   * the whole play, and left out where it was named before.
   */
  #roleEntry(entry: RoleEntry, parent: RoleUse | undefined, at: Situation, isStatic: boolean, handlers: HandlerList[]): CompiledItem[] {
    const name = this.#roleName(entry, parent, at.outer)
    const role = name === undefined ? undefined : this.#tools.roles.load(name, this.#roleUser(parent, [entry.keywords, ...at.outer]), entry.nameRange)
    if (!role || this.#dependsOnItself(role, parent, entry.nameRange)) return []
    const { params, keywords, nameRange } = entry
    const identity = identityOf(role, [params, ...['when', 'tags', 'vars'].map((name) => keywords.get(name)?.raw ?? [])])
    const use: RoleUse = { role, params, keywords, range: nameRange, parent, dependencies: [], identity, repeats: role.allowsDuplicates }
    parent?.dependencies.push(use)
    const inner = { ...at, outer: [keywords, ...at.outer] }
    const before = role.dependencies.flatMap((dependency) => this.#roleEntry(dependency, use, inner, isStatic, handlers))
    // What is included from elsewhere finds the files of this role first.
    const own = at.includes.length === 0 ? inner : { ...inner, includes: [role.folder, ...at.includes] }
    // Of a role that a play names twice the handlers are those of the first, with its keywords.
    const isKnown = isStatic && !parent && this.#compiled.roles.some((each) => !each.parent && each.identity === identity)
    if (isStatic) this.#compiled.roles.push(use)
    return [...before, ...this.#roleItems(use, own, true, isKnown ? [] : handlers)]
  }

  #roleName({ name, nameRange }: RoleEntry, role: RoleUse | undefined, outer: readonly Keywords[]): string | undefined {
    if (!(name instanceof Template)) return name
    const action: Action = { written: 'role', module: 'role', range: nameRange, args: new RawDict(), argNodes: new Map(), text: undefined, whole: undefined }
    const task = this.#task({ kind: 'task', keywords: new Map(), range: nameRange, action }, { outer, role, isHandler: false, includes: [] })
    try {
      return this.#tools.text(name, task, this.#compiled)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      this.#tools.roles.faults.push(...error.diagnostics)
      return undefined
    }
  }

  /** A role that a task names, imported or included. Named with other variables it is another one. */
  #role(task: CompiledTask, request: RoleRequest, around: Situation, range: SourceRange, variables: Raw | undefined): CompiledBlock {
    const block: CompiledBlock = { kind: 'block', block: [], rescue: [], always: [] }
    const role = this.#tools.roles.load(request.name, this.#roleUser(task.role, task.chain), range, request.files)
    if (!role) return block
    if (task.task.action.module === 'import_role' && this.#dependsOnItself(role, task.role, range)) return block
    const { keywords } = task.task
    const at = { ...around, includes: [role.folder, ...around.includes] }
    const identity = `a task's ${JSON.stringify(request.files)} ${identityOf(role, [variables ?? new RawDict()])}`
    const use: RoleUse = { role, params: new RawDict(), keywords, range, parent: task.role, dependencies: [], identity, repeats: request.repeats }
    const handlers: HandlerList[] = []
    const before = role.dependencies.flatMap((dependency) => this.#roleEntry(dependency, use, around, false, handlers))
    if (request.isPublic || task.task.action.module === 'import_role') {
      this.#compiled.roles.push(use)
      this.#importedRoles.add(use)
    }
    const items = [...before, ...this.#roleItems(use, at, request.checksArguments, handlers)]
    this.#join(identity, handlers)
    return { ...block, block: items }
  }

  /** Handlers of a role that a task names join the play's. Where the same role was named before they are the same, with the keywords of this task. */
  #join(identity: string, handlers: readonly HandlerList[]): void {
    const { handlers: all } = this.#compiled
    const known = this.#handlersOfRoles.get(identity) ?? []
    const joining = handlers.map((list, at) => list.map((task, index) => ({ ...task, id: known[at]?.[index]?.id ?? task.id })))
    this.#handlersOfRoles.set(identity, joining)
    for (const [at, list] of all.entries()) all[at] = joining[known.indexOf(list)] ?? list
    all.push(...joining)
  }

  /** Who names a role: what a play says of `collections` does not reach into its roles, as in Ansible. */
  #roleUser(use: RoleUse | undefined, chain: readonly Keywords[]): RoleUser {
    const around = use ? chain.slice(0, Math.max(0, chain.indexOf(use.keywords))) : chain
    const listed = inherited(around, 'collections')?.raw
    const named = (Array.isArray(listed) ? listed : [listed]).filter((each) => typeof each === 'string')
    const own = use ? use.role.collections : this.#play.collection === undefined ? [] : [this.#play.collection]
    return { playFolder: this.#play.folder, role: use?.role, collections: [...named, ...own] }
  }

  #dependsOnItself(role: Role, parent: RoleUse | undefined, range: SourceRange): boolean {
    for (let above = parent; above; above = above.parent) {
      if (above.role !== role) continue
      this.#tools.roles.faults.push({ code: 'INCLUDE_CYCLE', severity: 'error', summary: `the role '${role.name}' depends on itself`, range })
      return true
    }
    return false
  }

  #roleItems(use: RoleUse, around: Situation, checksArguments: boolean, handlers: HandlerList[]): CompiledItem[] {
    const { role } = use
    const at: Situation = { ...around, role: use }
    const items = this.#items(role.handlers, { ...at, isHandler: true })
    handlers.push(...handlerLists(items, role.handlers))
    const check = role.entryPoint && checksArguments ? [this.#task(argumentCheck(role, use.range), at)] : []
    return [...check, ...this.#items(role.tasks, at), { kind: 'role-end', use }]
  }
}

/** Which file an `include` is of. */
const INCLUDE_FILE = ['file', '_raw_params']

function isInclude({ written }: Action): boolean {
  return bareName(written) === 'include'
}

/** The arguments of an import as they are written. */
function writtenArguments(action: Action): Map<string, Raw> {
  const args = new Map([...action.args].map(([key, raw]): [string, Raw] => [print(key), raw]))
  if (!action.text) return args
  const { pairs, rest } = splitKeyValues(action.text, false)
  for (const [key, raw] of pairs) args.set(key, raw)
  if (rest !== undefined) args.set(action.module === 'import_role' ? 'name' : '_raw_params', rest)
  return args
}

/** The keywords of an `include`: its variables are as strong as those of what is included in the run, and what else it is given are variables too. */
function withVariables({ keywords, action, range }: Import): Map<string, KeywordValue> {
  const own = keywords.get('vars')
  const given = [...writtenArguments(action)].filter(([name]) => !INCLUDE_FILE.includes(name))
  const vars = new RawDict([...(own?.raw instanceof RawDict ? own.raw : []), ...given])
  const node = own?.node ?? { kind: 'map', entries: [], range }
  return new Map([...keywords, ...(own ? [[INCLUDE_VARIABLES, own] as const] : []), ['vars', { raw: vars, node, keyRange: own?.keyRange ?? range }]])
}

export const ROLE_ARGUMENTS = 'name role tasks_from vars_from defaults_from handlers_from apply public allow_duplicates rolespec_validate'.split(' ')

/**
 * What `import_role` and `include_role` ask for.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT where no role is named, or for a parameter that they do not have.
 */
export function roleRequest(args: ReadonlyMap<string, Value>, { written, range, argNodes }: Action): RoleRequest {
  const unknown = [...args.keys()].find((key) => !ROLE_ARGUMENTS.includes(key))
  if (unknown !== undefined)
    fail('BAD_ARGUMENT', `'${written}' has no parameter '${unknown}'`, {
      range: argNodes.get(unknown)?.keyRange ?? range,
      hint: `It has: ${ROLE_ARGUMENTS.join(', ')}.`,
    })
  const text = (name: string): string | undefined => {
    const value = args.get(name)
    return value === undefined || value === null ? undefined : print(value)
  }
  const name = text('name') ?? text('role')
  if (name === undefined) fail('BAD_ARGUMENT', `'${written}' needs the 'name' of a role`, { range })
  const flag = (parameter: string, otherwise: boolean): boolean => {
    const value = args.get(parameter)
    return value === undefined || value === null ? otherwise : booleanOf(value)
  }
  return {
    name,
    files: { tasks: text('tasks_from'), vars: text('vars_from'), defaults: text('defaults_from'), handlers: text('handlers_from') },
    isPublic: flag('public', false),
    repeats: flag('allow_duplicates', true),
    checksArguments: flag('rolespec_validate', true),
  }
}

/** A role that is named again with the same parameters, and the same under what tells it apart, is the same. */
function identityOf(role: Role, telling: readonly Raw[]): string {
  const [params, ...keywords] = telling
  return `${role.folder} ${textOf([params!, ...keywords.map((raw) => (Array.isArray(raw) ? raw : [raw]))])}`
}

/** A value that may hold templates as text that is the same for equal values. */
function textOf(raw: Raw): string {
  if (raw instanceof Template) return JSON.stringify({ template: raw.text })
  if (Array.isArray(raw)) return `[${raw.map(textOf).join()}]`
  if (raw instanceof RawDict)
    return `{${[...raw]
      .map(([key, item]) => `${repr(key)}:${textOf(item)}`)
      .sort()
      .join()}}`
  if (raw instanceof Unknown) return `unknown:${raw.cause}`
  if (raw instanceof Vaulted) return `vaulted:${raw.range.file.path}:${raw.range.start}`
  return repr(raw)
}

/** Handlers as they are written: a block among them is a list of its own, an import is part of the list that it stands in. */
function handlerLists(items: readonly CompiledItem[], written: readonly TaskItem[]): HandlerList[] {
  const lists: CompiledTask[][] = []
  let current: CompiledTask[] | undefined
  for (const [index, item] of items.entries()) {
    if (written[index]!.kind === 'block') {
      lists.push(onlyTasks([item]))
      current = undefined
    } else {
      if (!current) lists.push((current = []))
      current.push(...onlyTasks([item]))
    }
  }
  return lists
}

/** A block stands for the tasks in it. */
function onlyTasks(items: readonly CompiledItem[]): CompiledTask[] {
  return items.flatMap((item) => (item.kind === 'task' ? [item] : item.kind === 'block' ? onlyTasks(item.block) : []))
}
