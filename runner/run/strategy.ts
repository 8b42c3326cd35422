/** How the hosts of a play move: together, or each by itself. */
import { fail } from '../diagnostic/diagnostic.ts'
import type { CompiledPlay } from '../plan/compiled.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import type { RunOptions } from './options.ts'

/** `linear`: each task on all hosts before the next; `free`: each host as fast as it can; `host_pinned`: so too, as many hosts at once as `forks` says. */
const STRATEGIES = ['linear', 'free', 'host_pinned'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** @throws {DiagnosticError} UNSUPPORTED_VALUE for another. */
export function strategyOf(compiled: CompiledPlay, options: RunOptions, evaluator: Evaluator): Strategy {
  const keyword = compiled.play.keywords.get('strategy')
  const wanted = keyword && keyword.raw !== null ? print(evaluator.value(keyword.raw)) : options.strategy
  const found = STRATEGIES.find((each) => each === wanted.replace(/^ansible\.builtin\./, ''))
  return (
    found ??
    fail('UNSUPPORTED_VALUE', `the strategy '${wanted}' is not supported`, { range: keyword?.node.range, hint: `There are: ${STRATEGIES.join(', ')}.` })
  )
}
