/** A task's outcome as the mapping that `register` holds and that the JSON document shows. */
import { repr } from '../value/print.ts'
import { Dict, type Value } from '../value/value.ts'
import type { Outcome } from './outcome.ts'

/** Ansible's words for a loop as a whole. */
const LOOP_MESSAGES = { done: 'All items completed', failed: 'One or more items failed', skipped: 'All items skipped' }

export function resultDict(outcome: Outcome): Dict {
  const result = new Dict()
  if (outcome.items) {
    result.set(
      'results',
      outcome.items.map((each): Value => {
        const item = resultDict(each.outcome)
        item.set(each.loopVariable, each.item)
        item.set('ansible_loop_var', each.loopVariable)
        if (each.indexVariable !== undefined) {
          item.set('ansible_index_var', each.indexVariable)
          item.set(each.indexVariable, each.index)
        }
        item.set('_ansible_item_label', each.label)
        return item
      }),
    )
    result.set('msg', outcome.failure ? LOOP_MESSAGES.failed : outcome.skipped ? LOOP_MESSAGES.skipped : LOOP_MESSAGES.done)
  }
  for (const [key, value] of outcome.data) result.set(key, value)
  result.set('changed', outcome.changed)
  result.set('failed', outcome.failure !== undefined)
  const failure = outcome.unreachable ?? outcome.failure
  if (outcome.unreachable) result.set('unreachable', true)
  if (failure && !outcome.items) {
    if (!outcome.data.has('msg') || outcome.failure?.diagnostic) result.set('msg', failure.message)
    if (failure.detail !== undefined) result.set('detail', failure.detail)
  }
  if (outcome.skipped) {
    result.set('skipped', true)
    if (!outcome.items) result.set('skip_reason', outcome.skipped.reason)
    if (outcome.skipped.condition !== undefined) result.set('false_condition', outcome.skipped.condition)
  }
  if (outcome.unknown !== undefined) {
    result.set('skipped', true)
    result.set('unknown', outcome.unknown)
    result.set('skip_reason', `unknown, because of ${outcome.unknown}`)
  }
  if (outcome.attempts !== undefined) result.set('attempts', outcome.attempts)
  return result
}

/** An item's label as one line. */
export function printLabel(label: Value): string {
  return typeof label === 'string' ? label : repr(label)
}
