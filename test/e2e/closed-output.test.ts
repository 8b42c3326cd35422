/** A reader of what is printed that goes away does not end the run. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { once } from 'node:events'
import t from 'tap'
import { MAIN } from '../support/playline.ts'

for (const options of [[], ['--output', 'json']]) {
  t.test(options.join(' ') || 'for people', async (t) => {
    const folder = t.testdir({
      'p.yml': `- hosts: localhost
  gather_facts: false
  tasks:
    - debug: {msg: "{{ 'x' * 100000 }}"}
      loop: "{{ range(20) | list }}"
    - copy: {content: to the end, dest: "{{ playbook_dir }}/made"}
`,
    })
    const child = spawn(process.execPath, [MAIN, path.join(folder, 'p.yml'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdout.destroy()
    const [exitCode] = (await once(child, 'close')) as [number | null]
    t.equal(exitCode, 0, said)
    t.notMatch(said, /EPIPE/)
    t.equal(readFileSync(path.join(folder, 'made'), 'utf8'), 'to the end')
  })
}
