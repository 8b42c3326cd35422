/** A task's outcome as the mapping that the JSON document shows, and as the value that `register` holds. */
import { repr } from '../value/print.ts'
import { Dict, Unknown, type Value } from '../value/value.ts'
import { isTemplateFault, type ItemOutcome, type Outcome } from './outcome.ts'

/** For the report, or for what is kept under a name. */
type Purpose = 'report' | 'register'

/** Ansible's words for a loop as a whole. */
const LOOP_MESSAGES = { done: 'All items completed', failed: 'One or more items failed', skipped: 'All items skipped' }

/** The order of the keys is Ansible's, which is seen where a result is printed. */
export function resultDict(outcome: Outcome, purpose: Purpose = 'report'): Dict {
  const data = (purpose === 'report' ? outcome.reported : undefined) ?? outcome.data
  const result = new Dict(outcome.items ? loopEntries(outcome, outcome.items, purpose) : outcome.changedFirst ? [['changed', outcome.changed]] : [])
  for (const [key, value] of data) if (key !== 'failed_when_result') result.set(key, value)
  result.set('failed', outcome.failure !== undefined || outcome.gaveUp === true)
  // As in Ansible, of what failed before it ran nothing is said of a change.
  if (!outcome.failure || !isTemplateFault(outcome.failure) || data.size > 0) result.set('changed', outcome.changed)
  const judgement = data.get('failed_when_result')
  if (judgement !== undefined) result.set('failed_when_result', judgement)
  const failure = outcome.unreachable ?? outcome.failure
  // Of a loop its items tell it.
  if (outcome.unreachable && !outcome.items) result.set('unreachable', true)
  if (failure && !outcome.items && failure.isOnlyShown !== true) {
    if (!data.has('msg')) result.set('msg', failure.diagnostic?.resultMessage ?? failure.message)
    if (failure.detail !== undefined) result.set('detail', failure.detail)
  }
  if (outcome.skipped) {
    result.set('skipped', true)
    // What says itself why it was skipped is not said twice.
    if (!outcome.items && !result.has('msg') && !result.has('skipped_reason')) result.set('skip_reason', outcome.skipped.reason)
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

/** What a loop's result begins with. */
function loopEntries(outcome: Outcome, items: readonly ItemOutcome[], purpose: Purpose): [Value, Value][] {
  const { changed } = outcome
  const isSkipped = outcome.skipped !== undefined || outcome.unknown !== undefined
  const results = items.map((each) => itemDict(each, purpose))
  if (items.length === 0) return [['changed', changed], ['skipped', true], ['skipped_reason', outcome.data.get('skipped_reason') ?? null], ['results', results]] // prettier-ignore
  return [
    ['results', results],
    ...(purpose === 'register' || isSkipped ? [['skipped', isSkipped] as [Value, Value]] : []),
    ...(changed ? [['changed', true] as [Value, Value]] : []),
    ...(outcome.failure ? [['failed', true] as [Value, Value]] : []),
    ['msg', outcome.failure ? LOOP_MESSAGES.failed : isSkipped ? LOOP_MESSAGES.skipped : LOOP_MESSAGES.done],
  ]
}

function itemDict(each: ItemOutcome, purpose: Purpose): Dict {
  const item = resultDict(each.outcome, purpose)
  // As in Ansible: what was not reached has neither failed nor changed.
  if (each.outcome.unreachable) for (const key of ['failed', 'changed']) item.delete(key)
  item.set(each.loopVariable, each.item)
  item.set('ansible_loop_var', each.loopVariable)
  if (each.indexVariable !== undefined) {
    item.set('ansible_index_var', each.indexVariable)
    item.set(each.indexVariable, each.index)
  }
  if (each.loop) item.set('ansible_loop', each.loop)
  if (each.label !== undefined) item.set('_ansible_item_label', each.label)
  return item
}

/** What `register` holds. What a dry run cannot know of it is unknown, so that whoever uses it is unknown as well. */
export function registered(outcome: Outcome): Value {
  const because = outcome.unknown ?? outcome.unknownData
  if (because !== undefined) return new Unknown(because)
  const result = resultDict(outcome, 'register')
  forRegister(result)
  if (!outcome.items) return result
  if (result.get('failed') === false) result.delete('failed')
  for (const item of result.get('results') as Dict[]) {
    forRegister(item)
    item.delete('_ansible_item_label')
  }
  const results = result.get('results') as Value[]
  const unknowns = outcome.items.map((each) => registered(each.outcome))
  result.set(
    'results',
    results.map((item, index) => (unknowns[index] instanceof Unknown ? unknowns[index] : item)),
  )
  const [unknown] = unknowns.filter((each) => each instanceof Unknown)
  // One item that changed, or failed, decides for all.
  if (unknown && !outcome.changed) result.set('changed', unknown)
  if (unknown && !outcome.failure) result.set('failed', unknown)
  return result
}

/** What is only for the report is not kept: why a task was skipped, and that a skipped one has not failed. */
function forRegister(result: Dict): void {
  if (result.get('skipped') !== true) return
  result.delete('false_condition')
  result.delete('failed')
}

/** An item's label as one line. */
export function printLabel(label: Value): string {
  return typeof label === 'string' ? label : repr(label)
}
