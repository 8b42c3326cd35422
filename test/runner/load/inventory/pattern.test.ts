import t from 'tap'
import path from 'node:path'
import type { Inventory } from '../../../../runner/load/inventory/inventory.ts'
import { matchHosts } from '../../../../runner/load/inventory/pattern.ts'
import { readInventory } from '../../../../runner/load/inventory/sources.ts'
import { Reader } from '../../../../runner/load/reader.ts'
import { faultsOf } from '../../../support/faults.ts'

const INVENTORY = `all:
  hosts: {zed: , lone1: }
  children:
    web: {hosts: {web1: , web2: , web3: , web10: }}
    db: {hosts: {db1: , db2: , web1: }}
    prod: {children: {web: , db: }}
    a-b: {hosts: {host.example.com: , 10.0.0.1: }}
    webapp: {hosts: {app1: }}
    six: {hosts: {"fe80::1": , "2001:db8::5": }}
    empty:
    same: {hosts: {s1: }}
    other: {hosts: {same: }}
`

const ALL = 'zed lone1 web1 web2 web3 web10 db1 db2 host.example.com 10.0.0.1 app1 fe80::1 2001:db8::5 s1 same'

// What ansible-core 2.14's inventory manager gives for the same inventory.
const PATTERNS: Readonly<Record<string, string>> = {
  all: ALL,
  '*': ALL,
  'a*': ALL,
  '!all': '',
  'all[2:4]': 'web1 web2 web3',
  'all[0]': 'zed',
  web: 'web1 web2 web3 web10',
  'web*': 'web1 web2 web3 web10 app1',
  'web?': 'web1 web2 web3',
  'db:web': 'db1 db2 web1 web2 web3 web10',
  'web,db': 'web1 web2 web3 web10 db1 db2',
  ' web , db ': 'web1 web2 web3 web10 db1 db2',
  'web db': 'web1 web2 web3 web10 db1 db2',
  'web:': 'web1 web2 web3 web10',
  'web:&db': 'web1',
  'web:!db': 'web2 web3 web10',
  '!web1:web': 'web2 web3 web10',
  'prod:!web:&db': 'db1 db2',
  'web:&db:!web1': '',
  '&db': 'web1 db1 db2',
  'all:&web:!web[0]': 'web2 web3 web10',
  'web[0]': 'web1',
  'web[-1]': 'web10',
  'web[0:1]': 'web1 web2',
  'web[0-1]': 'web1 web2',
  'web[1:]': 'web2 web3 web10',
  'web[0:99]': 'web1 web2 web3 web10',
  'web[5:9]': '',
  'db[1]:web[0]': 'db2 web1',
  'web[0:1]:db': 'web1 web2 db1 db2',
  // No slices in Ansible, but sets of characters.
  'web[:1]': 'web1',
  'web[-2:]': 'web2',
  '[wd]*1': 'web1 db1',
  'web[!1]*': 'app1 web2 web3',
  'd[bc]?': 'db1 db2',
  '~web\\d+': 'web1 web2 web3 web10',
  '~^db': 'db1 db2 web1',
  '~(web|db)1': 'web1 web10 db1',
  'all:!~web.*': 'zed lone1 db1 db2 host.example.com 10.0.0.1 fe80::1 2001:db8::5 s1 same',
  '*.example.com': 'host.example.com',
  '10.0.0.*': '10.0.0.1',
  '*1': 'lone1 web1 db1 10.0.0.1 app1 fe80::1 s1',
  'fe80::1': 'fe80::1',
  'fe80::*': 'fe80::1',
  'six:web': 'fe80::1 2001:db8::5 web1 web2 web3 web10',
  empty: '',
  same: 'same',
  localhost: 'localhost',
  'localhost,db': 'localhost db1 db2 web1',
  '127.0.0.1': '127.0.0.1',
}

t.test('patterns', async (t) => {
  const file = path.join(t.testdir({ 'hosts.yml': INVENTORY }), 'hosts.yml')
  const load = (): Inventory => readInventory([file], new Reader(() => undefined))
  const none = (part: string): void => void t.fail(`nothing matches ${part}`)
  for (const [pattern, expected] of Object.entries(PATTERNS)) t.equal(matchHosts(load(), [pattern], undefined, none).join(' '), expected, pattern)

  t.test('a part that matches nothing is told, with what is near; an exclusion is not', async (t) => {
    const told = (pattern: string): string[] => {
      const parts: string[] = []
      matchHosts(load(), [pattern], undefined, (part, hint) => parts.push(`${part}: ${hint}`))
      return parts
    }
    t.strictSame(told('wbe:none:!gone:&x-y'), ["wbe: Did you mean 'web'?", 'none: undefined', 'x-y: undefined'])
    t.strictSame(told('WEB'), ["WEB: Did you mean 'web'?"])
    t.strictSame(told('empty'), [])
  })

  t.test('what cannot be a pattern is refused', async (t) => {
    for (const [pattern, summary] of [
      ['~bad(', "'~bad(' is not a pattern"],
      ['web[9]', "'web' has no host [9]: it has 4"],
      ['web[3-a]x[b-a]', "'web[3-a]x[b-a]' is not a pattern"],
    ] as const)
      t.strictSame(
        faultsOf(() => matchHosts(load(), [pattern], undefined, none)),
        [`UNKNOWN_HOST_PATTERN - ${summary}`],
        pattern,
      )
  })

  t.test('the implicit localhost connects locally, and is not in all', async (t) => {
    const inventory = load()
    matchHosts(inventory, ['localhost'], undefined, none)
    t.equal(inventory.hosts.get('localhost')?.vars.get('ansible_connection'), 'local')
    t.equal(matchHosts(inventory, ['all'], undefined, none).join(' '), ALL)
  })
})
