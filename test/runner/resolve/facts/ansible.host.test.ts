/** What `setup` tells of hosts of the lab, with Ansible and with Playline over SSH, leaf by leaf: whole, by subsets and by patterns. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { stringify } from 'yaml'
import { down, scratchHost, shOnHost, up } from '../../../lab/index.ts'
import { playline } from '../../../support/playline.ts'

t.setTimeout(900_000)

const KINDS = ['debian', 'el'] as const

const TASKS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { gather_subset: 'min' },
  { gather_subset: '!all,!min,hardware' },
  { gather_subset: ['!all', 'network'] },
  { gather_subset: '!network,!hardware' },
  { gather_subset: '!all,!min,virtual,pkg_mgr,service_mgr' },
  { gather_subset: '!all,!min,local' },
  { fact_path: '/srv/facts', gather_subset: '!all,!min,local' },
  { filter: 'ansible_distribution*' },
  { filter: ['ansible_*_mb', 'kernel', 'ansible_default_ipv4'] },
  { filter: 'nothing' },
]

/** Local facts: INI, JSON, a program, and what is none of them. */
const LOCAL_FACTS = String.raw`mkdir -p /srv/facts /etc/ansible/facts.d && cd /srv/facts
printf '[Section]\nKey: value\nother = two\n' >a.fact
echo '{"list": [1, {"deep": null}]}' >b.fact
printf '#!/bin/sh\necho "{\\"ran\\": true}"\n' >c.fact
printf '#!/bin/sh\nexit 3\n' >d.fact
chmod +x c.fact d.fact
echo neither >e.fact
: >f.fact
echo ignored >g.txt
cp a.fact /etc/ansible/facts.d`

type Tree = Readonly<Record<string, unknown>>
interface Document {
  readonly plays: readonly { readonly tasks: readonly { readonly hosts: Readonly<Record<string, { readonly ansible_facts?: Tree }>> }[] }[]
}

/** What is another a moment later, or with another way to the host: the time, what memory is in use, and what sudo and sshd tell of who came. */
const VOLATILE =
  /^ansible_(?:date_time|uptime_seconds|loadavg|memfree_mb|swapfree_mb|memory_mb|env\.(?:SUDO_COMMAND|SSH_\w+|LANG)|mounts\.\d+\.(?:block|inode|size)_(?:available|used))\b/

/** Ansible's answer depends on whether the host's Python has a library of its own for it; where it has, it is this one. */
const BY_LIBRARY = new Set(['ansible_distribution_version'])

/** They have no order in Ansible. */
const OF_SETS = new Set(['ansible_interfaces', 'ansible_virtualization_tech_guest', 'ansible_virtualization_tech_host'])

function leaves(value: unknown, at = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) return [[at, value]]
  return Object.entries(value as Tree).flatMap(([key, each]) => leaves(each, at === '' ? key : `${at}.${key}`))
}

function tidy(facts: Tree | undefined): Record<string, unknown> {
  const sorted = Object.fromEntries(
    Object.entries(facts ?? {}).map(([name, fact]) => [name, OF_SETS.has(name) && Array.isArray(fact) ? (fact as string[]).toSorted() : fact]),
  )
  return Object.fromEntries(leaves(sorted).filter(([at]) => !VOLATILE.test(at) && !BY_LIBRARY.has(at)))
}

t.test('facts of hosts of the lab are those that Ansible tells', async (t) => {
  const instance = `m${process.pid}`
  t.teardown(() => down(instance))
  await up({ instance, hosts: [] })
  const folder = mkdtempSync(path.join(tmpdir(), 'playline-facts-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const lines: string[] = []
  for (const kind of KINDS) {
    const at = await scratchHost({ instance, name: kind, kind, firewalld: false })
    await shOnHost(instance, kind, LOCAL_FACTS)
    lines.push(
      `${kind} ansible_host=${at.address} ansible_port=${at.port} ansible_user=${at.user} ansible_become=true ansible_python_interpreter=/usr/bin/python3 ` +
        `ansible_ssh_private_key_file=${at.identityFile} ` +
        `ansible_ssh_common_args='-o "ProxyCommand=${at.proxyCommand.join(' ')}" -o UserKnownHostsFile=${at.knownHostsFile}'`,
    )
  }
  const inventory = path.join(folder, 'hosts')
  writeFileSync(inventory, `${lines.join('\n')}\n`)
  const playbook = path.join(folder, 'facts.yml')
  writeFileSync(playbook, stringify([{ hosts: 'all', gather_facts: false, tasks: TASKS.map((setup) => ({ setup })) }]))
  const argv = [playbook, '-i', inventory]
  const env = { ...process.env, ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json', ANSIBLE_PIPELINING: '1', ANSIBLE_NOCOLOR: '1' }
  const theirs = await promisify(execFile)('ansible-playbook', argv, { env, maxBuffer: 64 * 1024 * 1024 })
  const ours = await playline([...argv, '--output', 'json'])
  const tasksOf = (stdout: string): Document['plays'][number]['tasks'] => (JSON.parse(stdout.slice(stdout.indexOf('{'))) as Document).plays[0]!.tasks
  const [ansible, own] = [tasksOf(theirs.stdout), tasksOf(ours.stdout)]
  for (const [index, setup] of TASKS.entries()) {
    for (const kind of KINDS) {
      const expected = tidy(ansible[index]!.hosts[kind]!.ansible_facts)
      t.strictSame(tidy(own[index]!.hosts[kind]!.ansible_facts), expected, `${kind}: ${JSON.stringify(setup)}`)
    }
  }
})
