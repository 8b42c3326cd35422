/** Hosts that are one machine, and tasks of many hosts that act on one: what alters it is done one after the other. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { playlineJson } from '../support/playline.ts'

const HOSTS = ['a', 'b', 'c', 'd', 'e']

for (const [name, options, delegated] of [
  ['hosts with a local connection', ['-c', 'local'], ''],
  ['tasks that are delegated', [], '  delegate_to: localhost\n'],
] as const) {
  t.test(name, async (t) => {
    const folder = t.testdir()
    const tasks = [
      `file: {path: ${folder}/deep/folder, state: directory}`,
      `file: {path: ${folder}/link, src: deep, state: link}`,
      `lineinfile: {path: ${folder}/deep/hosts, line: "{{ inventory_hostname }}", create: true}`,
      `blockinfile: {path: ${folder}/deep/blocks, block: x, marker: "# {mark} {{ inventory_hostname }}", create: true}`,
      `copy: {content: same, dest: ${folder}/deep/same}`,
    ].map((task) => `- ${task}\n${delegated}`)
    const file = path.join(folder, 'p.yml')
    writeFileSync(file, `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.join('').replace(/^/gm, '    ').trimEnd()}\n`)
    const { stats } = await playlineJson([file, '-i', `${HOSTS.join()},`, ...options])
    t.same(
      Object.values(stats).map(({ failures }) => failures),
      [0, 0, 0, 0, 0],
    )
    // A folder, a link and a file are made once; each host adds its line and its block.
    t.equal(
      Object.values(stats).reduce((sum, { changed }) => sum + changed, 0),
      3 + 2 * HOSTS.length,
    )
    t.same(readFileSync(path.join(folder, 'deep/hosts'), 'utf8').trim().split('\n').sort(), HOSTS)
    const blocks = readFileSync(path.join(folder, 'deep/blocks'), 'utf8')
    t.ok(HOSTS.every((host) => blocks.includes(`# BEGIN ${host}\nx\n# END ${host}\n`)))
  })
}
