/** Which handlers a name notifies. */
import type { CompiledPlay, CompiledTask } from '../plan/compiled.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { taskName } from './task.ts'

/** Handlers of a name (`name`, or `role : name`) or that listen to it. Of two with one name the first runs. */
export function handlersNamed(compiled: CompiledPlay, name: string, evaluator: Evaluator): CompiledTask[] {
  const named = compiled.handlers.find((handler) => {
    const full = taskName(handler, evaluator)
    return full === name || (handler.role !== undefined && full === `${handler.role.role.name} : ${name}`)
  })
  const listening = compiled.handlers.filter((handler) => {
    const listen = handler.task.keywords.get('listen')?.raw
    if (listen === undefined || listen === null) return false
    const value = evaluator.valueIfDefined(listen)
    return value !== undefined && (Array.isArray(value) ? value.map(print) : [print(value)]).includes(name)
  })
  return [...new Set([...(named ? [named] : []), ...listening])]
}
