import t from 'tap'
import { Inventory } from '../../../../runner/load/inventory/inventory.ts'
import { faultsOf } from '../../../support/faults.ts'
import { ini } from './support.ts'

t.test('a group’s hosts: its own first, then those of the groups below, level by level', async (t) => {
  const inventory = ini('[g1]\nz\ny\n[g1:children]\ng2\ng4\n[g2]\nx\n[g2:children]\ng3\n[g3]\nw\nz\n[g4]\nv\n')
  t.strictSame(inventory.hostsOf('g1'), ['z', 'y', 'x', 'v', 'w'])
  t.strictSame(inventory.hostsOf('none'), [])
})

t.test('hosts without a group are ungrouped; all has everyone', async (t) => {
  const inventory = ini('u\n[g]\na\n[all]\nb\n[ungrouped]\na\n')
  t.strictSame(inventory.hostsOf('all'), ['b', 'u', 'a'])
  t.strictSame(inventory.hostsOf('ungrouped'), ['u', 'b'])
  t.strictSame(inventory.groupNamesOf('a'), ['g'])
  t.strictSame(inventory.groupNamesOf('u'), ['ungrouped'])
  t.strictSame(inventory.groupNamesOf('localhost'), [])
})

t.test('strength of groups: depth, then priority, then name', async (t) => {
  const inventory = ini(
    '[zz]\nh\n[aa]\nh\n[ab]\nh\n[top:children]\nmid\n[mid:children]\nbot\n[bot]\nh\n[aa:vars]\nansible_group_priority=5\n[all:children]\nbot\n',
  )
  t.strictSame(
    inventory.groupsByStrength('h').map(({ name }) => name),
    ['all', 'ab', 'top', 'zz', 'aa', 'mid', 'bot'],
  )
})

t.test('a group below itself is refused, however far below', async (t) => {
  const inventory = new Inventory()
  inventory.addChild('a', 'b', undefined)
  inventory.addChild('b', 'c', undefined)
  t.strictSame(
    faultsOf(() => inventory.addChild('c', 'a', undefined)),
    ["BAD_INVENTORY - the group 'c' would be a child of itself"],
  )
})
