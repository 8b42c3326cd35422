import t, { type Test } from 'tap'
import { faultLine } from '../../support/faults.ts'
import { play, type Played, type Setup } from '../../support/playbook.ts'

const HOST = { hosts: { a: { run: () => 0 } } }

function onAll(tasks: string, keywords = ''): string {
  return `- hosts: all\n  gather_facts: false\n${keywords}  tasks:\n${tasks.replace(/^/gm, '    ')}\n`
}

/** That a run came to no task, with these faults. */
async function refused(t: Test, playbook: string, setup: Setup, faults: readonly string[]): Promise<void> {
  const played = await play(playbook, { ...HOST, ...setup })
  t.equal(played.exitCode, 4)
  t.same(played.results, [], 'nothing ran')
  t.same(linesOf(played), faults)
}

function linesOf({ diagnostics }: Played): string[] {
  return diagnostics.map((each) => `${each.severity} ${faultLine(each).replace(/\S*\/(playbook0|more)/, '$1')}`)
}

t.test('a way to a host that there is not refuses the run where every host is certain to need it', async (t) => {
  const method = "the become method 'pbrun' is not supported | There are: sudo, su, doas."
  const connection = "the connection 'docker' of the host 'a' is not supported | There are ssh and local."
  await refused(t, onAll('- command: id\n  become: true\n  become_method: pbrun'), {}, [`error UNSUPPORTED_VALUE playbook0.yml:6:22 ${method}`])
  await refused(t, onAll('- debug:', '  become: true\n'), { options: { becomeMethod: 'pbrun' } }, [`error UNSUPPORTED_VALUE playbook0.yml:5:7 ${method}`])
  await refused(t, onAll('- command: id', '  connection: docker\n'), {}, [`error UNSUPPORTED_VALUE playbook0.yml:3:15 ${connection}`])
  await refused(t, onAll('- command: id'), { inventory: 'a ansible_connection=docker' }, [`error UNSUPPORTED_VALUE playbook0.yml:4:7 ${connection}`])
  await refused(t, '- hosts: all\n', { inventory: 'a ansible_connection=docker' }, [`error UNSUPPORTED_VALUE playbook0.yml:1:3 ${connection}`])
  await refused(t, onAll('- command: id'), { inventory: "a ansible_ssh_common_args='-W x'" }, [
    "error UNSUPPORTED_SSH_OPTION playbook0.yml:4:7 '-W' in the SSH arguments is not supported | There are -o, -F, -J, -i, -p, -l.",
  ])
})

t.test('one that no host may need is told, and meets who needs it', async (t) => {
  const played = await play(onAll('- command: id\n  become: true\n  become_method: pbrun\n  when: false\n- command: id'), HOST)
  t.equal(played.exitCode, 0)
  t.same(linesOf(played), ["warning UNSUPPORTED_VALUE playbook0.yml:6:22 the become method 'pbrun' is not supported | There are: sudo, su, doas."])
  t.same((await play(onAll('- debug:'), { ...HOST, inventory: 'a ansible_connection=docker' })).diagnostics, [], 'debug needs no connection')
  const elsewhere = onAll('- command: id\n  delegate_to: b\n- command: id\n  become_method: pbrun')
  t.same(
    (await play(elsewhere, { hosts: { a: { run: () => 0 }, b: { run: () => 0 } }, options: { limit: 'a' } })).diagnostics,
    [],
    'without become there is no method',
  )
})

t.test('what an include would bring refuses the run where the include is certain to come', async (t) => {
  const files = { 'more.yml': '- nope_module:\n' }
  const fault = "UNKNOWN_MODULE more.yml:1:3 'nope_module' is neither a keyword of a task nor a module"
  await refused(t, onAll('- include_tasks: more.yml'), { files }, [`error ${fault}`])
  for (const reason of ['when: maybe is defined', 'loop: []']) {
    const played = await play(onAll(`- include_tasks: more.yml\n  ${reason}\n- debug:`), { ...HOST, files })
    t.equal(played.exitCode, 0, reason)
    t.same(linesOf(played), [`warning ${fault}`], reason)
  }
  const met = await play(onAll('- set_fact: {maybe: 1}\n- include_tasks: more.yml\n  when: maybe is defined'), { ...HOST, files })
  t.equal(met.exitCode, 2)
})

t.test('what a delegated task sees of the connection is for its turn', async (t) => {
  const setup = { hosts: { a: { run: () => 0 }, b: { run: () => 0 } }, inventory: 'a\nb ansible_port=77\n', options: { limit: 'a' } }
  const port = "debug:\n    msg: '{{ ansible_port }}'"
  t.equal((await play(onAll(`- ${port}\n  delegate_to: b`), setup)).exitCode, 0)
  t.match((await play(onAll(`- ${port}`), setup)).diagnostics, [{ code: 'UNDEFINED_VARIABLE' }])
})
