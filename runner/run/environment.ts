/** The environment that a task's keywords give its commands. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { accumulated, type CompiledTask } from '../plan/compiled.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { Dict, RawDict, type Raw, type Value } from '../value/value.ts'
import type { Session } from './session.ts'

/** The environment of the task's own commands: outer scopes first, inner ones win. */
export function environmentOf(task: CompiledTask, evaluator: Evaluator, session: Session): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const found of accumulated(task.chain, 'environment')) {
    const parts = Array.isArray(found.raw) ? found.raw : [found.raw]
    for (const raw of parts.flatMap((part): readonly Raw[] => (part instanceof RawDict ? [part] : [evaluator.value(part)].flat()))) {
      if (raw === null || raw === '' || raw === session.omit) continue
      if (!(raw instanceof RawDict || raw instanceof Dict)) {
        const summary = `'environment' takes a mapping, and '${print(raw as Value)}' is left out`
        session.warn({ code: 'WRONG_TYPE', severity: 'warning', summary, range: found.node.range })
        continue
      }
      for (const [key, item] of raw) {
        const value = raw instanceof RawDict ? environmentValue(item, task, evaluator) : (item as Value)
        if (value !== undefined) environment[print(key)] = print(value)
      }
    }
  }
  return environment
}

/** Undefined where the task that reads the host's environment would need to know it already. */
function environmentValue(raw: Raw, { task }: CompiledTask, evaluator: Evaluator): Value | undefined {
  try {
    return evaluator.value(raw)
  } catch (error) {
    const isGathering = task.action.module === 'gather_facts' || task.action.module === 'setup'
    if (isGathering && error instanceof DiagnosticError && error.first.code === 'UNDEFINED_VARIABLE' && error.message.includes('ansible_env')) return undefined
    throw error
  }
}
