/** Ansible's words for what is undefined, by where it stands: playbooks look for them in the `msg` of a result. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { ActionFault } from './outcome.ts'

type Words = (fault: string) => string

/** Of an argument of a task. */
export const undefinedOption: Words = (fault) => `The task includes an option with an undefined variable. The error was: ${fault}. ${fault}`

/** Of a condition. */
export function failedCondition(condition: string): Words {
  return (fault) => `The conditional check '${condition}' failed. The error was: error while evaluating conditional (${condition}): ${fault}. ${fault}`
}

/** The error with these words for whatever in it is an undefined variable. */
export function withWords(error: unknown, words: Words): unknown {
  if (!(error instanceof DiagnosticError) || error instanceof ActionFault) return error
  return new DiagnosticError(
    error.diagnostics.map((each) => (each.code === 'UNDEFINED_VARIABLE' ? { resultMessage: words(each.summary), ...each } : each)),
    { cause: error },
  )
}
