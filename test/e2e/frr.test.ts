/** The two forms of FRR's configuration, as the role `frr` writes them, against what FRR 7.5 and 8.4 themselves print. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { playline } from '../support/playline.ts'

const recorded = (name: string): string[] =>
  readFileSync(new URL(`fixtures/frr/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')

/** What the template makes of the article's values. */
async function rendered(t: Test, version: string): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'playline-frr-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const root = join(import.meta.dirname, '../..')
  const vars = {
    frr_hostname: 'cpe',
    frr_router_id: '10.10.10.1',
    frr_neighbors: ['10.10.10.2', '10.10.10.6'],
    frr_networks: ['10.0.0.0/16'],
  }
  writeFileSync(
    join(dir, 'render.yml'),
    JSON.stringify([
      {
        hosts: 'localhost',
        gather_facts: false,
        vars_files: [join(root, 'playbooks/roles/frr/defaults/main.yml')],
        vars,
        tasks: [{ template: { src: join(root, 'templates/frr/frr.conf.j2'), dest: join(dir, 'frr.conf') } }],
      },
    ]),
  )
  const { exitCode, stdout, stderr } = await playline([join(dir, 'render.yml'), '-i', 'localhost,', '-c', 'local', '-e', `frr_version=${version}`])
  t.equal(exitCode, 0, stdout + stderr)
  return readFileSync(join(dir, 'frr.conf'), 'utf8').trimEnd().split('\n')
}

const isStatement = (line: string): boolean => !/^\s*!|^(?:hostname|log|line|frr|service|no ipv6 forwarding|end|Building|Current|\s*$)/.test(line)

/** Not in the article: FRR's own time is two minutes. */
const isConnect = (line: string): boolean => line.includes('timers connect')

t.test('7.5: the statements are those with which the article’s 7.5.1 ran, the layout is that in which 7.5 writes', async (t) => {
  const lines = await rendered(t, '7.5')
  t.strictSame(
    lines.filter(isStatement).filter((line) => !isConnect(line)),
    recorded('7.5-bgpd.conf').filter(isStatement),
  )
  // What 7.5 on Enterprise Linux 8 printed of another gateway, without prefix lists: it closes a section by no word of its own.
  const printed = sections(recorded('7.5-running-config'))
  t.strictSame(printed, ['router bgp', 'route-map', 'line vty'])
  t.strictSame(
    sections(lines).filter((word) => word !== 'ip prefix-list'),
    printed,
  )
})

t.test('8.4: it prints what it was given', async (t) => {
  const lines = await rendered(t, '8.4')
  const printed = recorded('8.4-running-config')
  t.strictSame(lines.filter(isStatement), printed.filter(isStatement))
  t.strictSame(sections(lines), sections(printed))
})

/** The sections' first words, in their order, with the word that closes each. */
const sections = (lines: readonly string[]): string[] => [
  ...new Set(
    lines.filter((line) => /^(?:router|ip prefix-list|route-map|exit|line vty)/.test(line)).map((line) => /^\S+(?: (?:bgp|prefix-list|vty))?/.exec(line)![0]),
  ),
]
