/** `async_status`: how far a job of a task with `async` is. */
import { fail } from '../../diagnostic/diagnostic.ts'
import { print } from '../../value/print.ts'
import { Dict } from '../../value/value.ts'
import { jobFields, ofJob } from '../jobs.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

const NO_CHECK = 'remote module (ansible.legacy.async_status) does not support check mode'

export async function asyncStatus({ argument, bound, check, session, delegateName }: ActionContext): Promise<Outcome> {
  const named = argument('jid')
  if (named === undefined || named === null) fail('BAD_ARGUMENT', "'async_status' needs a 'jid'", { range: bound.action.range })
  const id = print(named)
  const mode = print(argument('mode') ?? 'status')
  if (mode !== 'status' && mode !== 'cleanup')
    fail('BAD_ARGUMENT', `'mode' of 'async_status' is '${mode}'`, { range: bound.args.get('mode')?.keyRange, hint: 'It is status or cleanup.' })
  if (check) return { ...NOTHING, data: Dict.of({ msg: NO_CHECK }), skipped: { reason: NO_CHECK } }
  const job = session.jobs.find(delegateName, id)
  if (!job) return failed({ message: 'could not find job' }, { data: new Dict(jobFields(id, true)) })
  if (mode === 'cleanup') {
    await session.jobs.forget(job)
    return { ...NOTHING, data: Dict.of({ erased: `~/.ansible_async/${id}`, ansible_job_id: id }) }
  }
  await job.look()
  return job.outcome ? ofJob(job.outcome, id, true) : { ...NOTHING, data: new Dict(jobFields(id, false)) }
}
