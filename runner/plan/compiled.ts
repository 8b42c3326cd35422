/** A play made ready to run: roles in their places, and for every task the chain of what it inherits from. */
import type { SourceRange } from '../diagnostic/source.ts'
import type { KeywordValue, Keywords, Play, Task } from '../load/playbook.ts'
import type { Role } from '../load/role.ts'
import type { RawDict } from '../value/value.ts'
import type { PlayCompiler } from './compile.ts'

/** A role in a play, with what its entry gave it. */
export interface RoleUse {
  readonly role: Role
  readonly params: RawDict
  readonly keywords: Keywords
  /** Where it is named. */
  readonly range: SourceRange
  /** The role whose dependency this is, or whose tasks name it. */
  readonly parent: RoleUse | undefined
  readonly dependencies: RoleUse[]
  /** The same for uses with nothing different: on a host that is through with one of them, the others do not run. */
  readonly identity: string
  /** False where it runs once. */
  readonly repeats: boolean
}

export interface CompiledTask {
  readonly kind: 'task'
  /** Unique within the run. */
  readonly id: number
  readonly task: Task
  /** Keywords from the task outwards: the task, its blocks, its role's entry, the play. */
  readonly chain: readonly Keywords[]
  readonly role: RoleUse | undefined
  readonly play: Play
  readonly isHandler: boolean
  /** The folders of the includes and imports that it came through, as they name them, the nearest first; of a role its own. */
  readonly includes: readonly string[]
}

export interface CompiledBlock {
  readonly kind: 'block'
  readonly block: readonly CompiledItem[]
  readonly rescue: readonly CompiledItem[]
  readonly always: readonly CompiledItem[]
}

/** Where the handlers notified so far run. */
interface Flush {
  readonly kind: 'flush'
}

/** Where a host is through with a role. */
interface RoleEnd {
  readonly kind: 'role-end'
  readonly use: RoleUse
}

export type CompiledItem = CompiledTask | CompiledBlock | Flush | RoleEnd

/** Handlers that stand one after the other in one file, or in one block among handlers. */
export type HandlerList = readonly CompiledTask[]

/** What is included in a run adds its handlers, and its roles where they are public. */
export interface CompiledPlay {
  readonly play: Play
  /** Its pre_tasks, its roles with its tasks, its post_tasks: behind each, the handlers notified so far run. */
  readonly sections: readonly (readonly CompiledItem[])[]
  readonly handlers: HandlerList[]
  readonly roles: RoleUse[]
  readonly compiler: PlayCompiler
}

/** The key under which a chain has the variables that an include gives to its tasks: no keyword can be called that. */
export const INCLUDE_VARIABLES = 'include vars'

/** The nearest value of an inherited keyword. */
export function inherited(chain: readonly Keywords[], name: string): KeywordValue | undefined {
  return chain.find((keywords) => keywords.has(name))?.get(name)
}

/** Every value of a keyword that adds up along the chain (`when`, `tags`), the outermost first. */
export function accumulated(chain: readonly Keywords[], name: string): KeywordValue[] {
  return chain.flatMap((keywords) => keywords.get(name) ?? []).reverse()
}

/** All tasks below items, in the order in which they stand. */
export function* tasksOf(items: readonly CompiledItem[]): Generator<CompiledTask> {
  for (const item of items) {
    if (item.kind === 'task') yield item
    else if (item.kind === 'block') {
      yield* tasksOf(item.block)
      yield* tasksOf(item.rescue)
      yield* tasksOf(item.always)
    }
  }
}

/** A role's use and those that it is a dependency of, the outermost first. */
export function lineage(use: RoleUse): RoleUse[] {
  const chain: RoleUse[] = []
  for (let at: RoleUse | undefined = use; at; at = at.parent) chain.unshift(at)
  return chain
}
