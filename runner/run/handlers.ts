/** Which handlers a name notifies. */
import type { CompiledPlay, CompiledTask } from '../plan/compiled.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { taskName } from './task.ts'

/**
 * Handlers of a name (`name`, or `role : name`) or that listen to it. Of several with one name the first of the last list that has it
 * runs: of a role that was included, else of the play, else of the last of its roles. `evaluatorOf`: what a handler is called, where
 * that is a template, its own variables tell.
 */
export function handlersNamed(compiled: CompiledPlay, name: string, evaluatorOf: (handler: CompiledTask) => Evaluator): CompiledTask[] {
  const isNamed = (handler: CompiledTask): boolean => {
    const isWritten = typeof handler.task.keywords.get('name')?.raw === 'string'
    const full = taskName(handler, isWritten ? undefined : evaluatorOf(handler))
    return full === name || (handler.role !== undefined && full === `${handler.role.role.name} : ${name}`)
  }
  let named: CompiledTask | undefined
  for (let index = compiled.handlers.length - 1; !named && index >= 0; index--) named = compiled.handlers[index]!.find(isNamed)
  const listening = compiled.handlers.flat().filter((handler) => {
    const listen = handler.task.keywords.get('listen')?.raw
    if (listen === undefined || listen === null) return false
    const value = evaluatorOf(handler).valueIfDefined(listen)
    return value !== undefined && (Array.isArray(value) ? value.map(print) : [print(value)]).includes(name)
  })
  return [...new Set([...(named ? [named] : []), ...listening])]
}
