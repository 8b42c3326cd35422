/** What a rescue sees of the task that failed: `ansible_failed_task`. */
import { accumulated, inherited, type CompiledTask } from '../plan/compiled.ts'
import { Pending, settled } from '../resolve/pending.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { Dict, Template, type Raw, type Value } from '../value/value.ts'
import { runnerAction } from './actions/index.ts'
import { taskArguments } from '../resolve/module-defaults.ts'

/** Keywords of the task alone, with what Ansible says of those that it does not have. */
const OWN: Readonly<Record<string, Value>> = {
  async: 0,
  changed_when: [],
  delay: 5,
  failed_when: [],
  loop: null,
  notify: null,
  poll: 15,
  register: null,
  retries: 3,
  until: [],
}

/** Keywords that a block or a play may have for it. */
const INHERITED: Readonly<Record<string, Value>> = {
  any_errors_fatal: false,
  become: false,
  become_exe: null,
  become_flags: null,
  become_method: 'sudo',
  become_user: null,
  check_mode: false,
  connection: 'ssh',
  debugger: null,
  delegate_facts: null,
  delegate_to: null,
  diff: false,
  ignore_errors: null,
  ignore_unreachable: null,
  no_log: false,
  port: null,
  remote_user: null,
  run_once: null,
  throttle: 0,
  timeout: 0,
}

/** Keywords that add up. */
const LISTS = ['environment', 'tags', 'when'] as const
/** What is one of several even where it stands alone. */
const ALWAYS_LISTS: ReadonlySet<string> = new Set(['changed_when', 'failed_when', 'until'])

/** The task with its keywords, evaluated; a template of which that cannot be told stays as it is written. */
export async function failedTask(task: CompiledTask, evaluator: Evaluator): Promise<Dict> {
  const { action, keywords } = task.task
  const known = (raw: Raw): Promise<Value> => settled(() => valueOrText(raw, evaluator))
  const list = async (raw: Raw): Promise<Value[]> => {
    const value = await known(raw)
    return Array.isArray(value) ? value : [value]
  }
  const args = new Dict()
  for (const [name, { raw }] of taskArguments(task, runnerAction(action.module) ?? { freeForm: '_raw_params' }, undefined).args)
    args.set(name, await known(raw))
  const told = Dict.of({
    name: await known(keywords.get('name')?.raw ?? ''),
    action: action.written,
    args,
    vars: await known(keywords.get('vars')?.raw ?? new Dict()),
  })
  for (const [name, otherwise] of Object.entries(OWN)) {
    const raw = keywords.get(name)?.raw
    told.set(name, raw === undefined ? otherwise : ALWAYS_LISTS.has(name) ? await list(raw) : await known(raw))
  }
  for (const [name, otherwise] of Object.entries(INHERITED)) {
    const found = inherited(task.chain, name)
    told.set(name, found ? await known(found.raw) : otherwise)
  }
  for (const name of LISTS) told.set(name, (await Promise.all(accumulated(task.chain, name).map(({ raw }) => list(raw)))).flat())
  return told
}

function valueOrText(raw: Raw, evaluator: Evaluator): Value {
  try {
    const value = evaluator.valueIfDefined(raw)
    if (value !== undefined) return value
  } catch (error) {
    if (error instanceof Pending) throw error
  }
  return raw instanceof Template ? raw.text : null
}
