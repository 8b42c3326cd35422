/** Arguments of the runner's own actions that are of a type, whatever they are written as. */
import { bool, int } from '../../contract/parameter.ts'
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Float } from '../../value/value.ts'
import type { ActionContext } from './action.ts'

/** @throws {DiagnosticError} BAD_ARGUMENT where it is none of Ansible's words for yes and no. */
export function flag(context: ActionContext, name: string, fallback: boolean): boolean {
  const value = context.argument(name)
  if (value === undefined || value === null) return fallback
  const parsed = bool().safeParse(value)
  return parsed.success ? parsed.data : wrong(context, name, 'true or false')
}

/**
 * Undefined where it is not given.
 *
 * @throws {DiagnosticError} BAD_ARGUMENT where it is no whole number.
 */
export function wholeNumber(context: ActionContext, name: string): number | undefined {
  const value = context.argument(name)
  if (value === undefined || value === null) return undefined
  // Python's int() cuts a fraction off.
  const parsed = int().safeParse(value instanceof Float ? Math.trunc(value.value) : value)
  return parsed.success ? parsed.data : wrong(context, name, 'a whole number')
}

function wrong({ bound, argument }: ActionContext, name: string, kind: string): never {
  const at = bound.args.get(name)
  fail('BAD_ARGUMENT', `'${name}' of '${bound.action.written}' has to be ${kind}, and is '${print(argument(name)!)}'`, {
    range: at?.node?.range ?? at?.keyRange ?? bound.action.range,
  })
}
