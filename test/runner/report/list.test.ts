import t from 'tap'
import { renderList, type ListedPlaybook } from '../../../runner/report/list.ts'

const playbooks: ListedPlaybook[] = [
  {
    path: 'site.yml',
    plays: [
      {
        hosts: ['a', 'b'],
        patterns: ['cpe', 'oci'],
        name: 'tunnels',
        playTags: ['vpn', 'one'],
        tasks: [
          { name: 'install', tags: ['packages', 'vpn'] },
          { name: 'frr : start', tags: ['vpn'] },
        ],
      },
      { hosts: [], patterns: ['~no\\d'], name: 'nobody', playTags: [], tasks: [] },
    ],
  },
]

t.test("the lists in Ansible's text", async (t) => {
  const first = '\nplaybook: site.yml\n\n  play #1 (cpe,oci): tunnels\tTAGS: [vpn,one]\n'
  const second = '\n  play #2 (~no\\d): nobody\tTAGS: []\n'
  const none = { hosts: false, tasks: false, tags: false }
  const table: [string, typeof none, string][] = [
    [
      'hosts',
      { ...none, hosts: true },
      `${first}    pattern: ['cpe', 'oci']\n    hosts (2):\n      a\n      b\n${second}    pattern: ['~no\\\\d']\n    hosts (0):\n`,
    ],
    ['tasks', { ...none, tasks: true }, `${first}    tasks:\n      install\tTAGS: [packages, vpn]\n      frr : start\tTAGS: [vpn]\n${second}    tasks:\n`],
    ['tags', { ...none, tags: true }, `${first}      TASK TAGS: [one, packages, vpn]\n${second}      TASK TAGS: []\n`],
  ]
  for (const [name, options, expected] of table) t.equal(renderList(playbooks, options), expected, name)
})
