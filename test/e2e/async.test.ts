/** Tasks with `async` on this machine: what they start goes on when the run is over, and is ended when its time is. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { until } from '../lab/wait.ts'
import { playlineJson, resultsByTask, type RunDocument } from '../support/playline.ts'

const HOST = ['-i', 'here,', '-c', 'local']

const play = (tasks: string): string => `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`

function run(folder: string, tasks: string): Promise<RunDocument> {
  const file = path.join(folder, 'p.yml')
  writeFileSync(file, play(tasks))
  return playlineJson([file, ...HOST], { HOME: folder })
}

t.test('a job that nobody waits for goes on after the run', async (t) => {
  const folder = t.testdir()
  const job = `while [ ! -e ${folder}/go ]; do sleep 0.05; done; cat >${folder}/out; echo "$X" >>${folder}/out`
  await run(
    folder,
    `    - {shell: '${job}', args: {stdin: given}, async: 60, poll: 0, environment: {X: a b}, register: job}
    - {async_status: {jid: "{{ job.ansible_job_id }}"}, register: status, failed_when: status.finished != 0}
`,
  )
  t.notOk(existsSync(path.join(folder, 'out')))
  writeFileSync(path.join(folder, 'go'), '')
  const out = path.join(folder, 'out')
  t.equal(
    await until('the job to write', 30_000, () => existsSync(out) && readFileSync(out, 'utf8').includes('a b') && readFileSync(out, 'utf8')),
    'given\na b\n',
  )
  const [id] = readdirSync(path.join(folder, '.ansible_async'))
  await until('its end to be noted', 30_000, () => existsSync(path.join(folder, '.ansible_async', id!, 'rc')))
})

t.test('a job that is waited for, asked for, and over its time', async (t) => {
  const folder = t.testdir()
  const document = await run(
    folder,
    `    - {name: waited for, shell: 'echo out; echo err >&2; exit 3', async: 60, poll: 1, ignore_errors: true}
    - {shell: 'echo later', async: 60, poll: 0, register: job}
    - {name: asked for, async_status: {jid: "{{ job.ansible_job_id }}"}, register: status, until: status is finished, retries: 100, delay: 0}
    - {async_status: {jid: "{{ job.ansible_job_id }}", mode: cleanup}}
    - {name: over its time, shell: 'echo $$ >${folder}/pid; exec sleep 60', async: 1, poll: 1, ignore_errors: true}
    - {name: stays in this process, lineinfile: {path: '${folder}/copied', line: x, create: true}, async: 60, poll: 0}
`,
  )
  const results = resultsByTask(document)
  t.match(results.get('all / waited for / here'), { failed: true, rc: 3, stdout: 'out', stderr: 'err', finished: 1 })
  t.match(results.get('all / asked for / here'), { changed: true, rc: 0, stdout: 'later', finished: 1 })
  t.match(results.get('all / over its time / here'), { failed: true, msg: 'async task did not complete within the requested time - 1s' })
  await until('what is over its time to be ended', 30_000, () => !existsSync(`/proc/${readFileSync(path.join(folder, 'pid'), 'utf8').trim()}`))
  t.equal(readFileSync(path.join(folder, 'copied'), 'utf8'), 'x\n')
  t.same(readdirSync(path.join(folder, '.ansible_async')), [], 'nothing is left of what was waited for or cleaned up')
})
