/** Keywords that tasks inherit from blocks and plays, evaluated. */
import type { Keywords } from '../load/playbook.ts'
import type { Evaluator } from '../resolve/variables.ts'
import type { Value } from '../value/value.ts'

/** The nearest value of a keyword that is not `omit`: that one stands for what is around it. Undefined where nothing has it, or it is empty. */
export function inheritedValue(chain: readonly Keywords[], name: string, evaluator: Evaluator): Value | undefined {
  for (const keywords of chain) {
    const found = keywords.get(name)
    if (found === undefined) continue
    if (found.raw === null) return undefined
    const value = evaluator.value(found.raw)
    if (value !== evaluator.get('omit')) return value
  }
  return undefined
}
