/** A play made ready to run: roles in their places, and for every task the chain of what it inherits from. */
import type { SourceRange } from '../diagnostic/source.ts'
import type { KeywordValue, Keywords, Play, Task } from '../load/playbook.ts'
import type { Role } from '../load/role.ts'
import type { RawDict } from '../value/value.ts'

/** A role in a play, with what its entry gave it. */
export interface RoleUse {
  readonly role: Role
  readonly params: RawDict
  readonly keywords: Keywords
  /** Where it is named. */
  readonly range: SourceRange
  /** The role whose dependency this is. */
  readonly parent: RoleUse | undefined
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
}

export interface CompiledBlock {
  readonly kind: 'block'
  readonly block: readonly CompiledItem[]
  readonly rescue: readonly CompiledItem[]
  readonly always: readonly CompiledItem[]
  readonly range: SourceRange
}

/** Where the handlers notified so far run. */
export interface Flush {
  readonly kind: 'flush'
}

export type CompiledItem = CompiledTask | CompiledBlock | Flush

export interface CompiledPlay {
  readonly play: Play
  readonly items: readonly CompiledItem[]
  readonly handlers: readonly CompiledTask[]
  readonly roles: readonly RoleUse[]
}

/** The nearest value of an inherited keyword. */
export function inherited(chain: readonly Keywords[], name: string): KeywordValue | undefined {
  for (const keywords of chain) {
    const value = keywords.get(name)
    if (value) return value
  }
  return undefined
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
