import t from 'tap'
import module from '../../modules/group.ts'
import { answer, simulate } from '../support/module.ts'

const none = answer('', 2)
const has = (line: string) => answer(`${line}\n`)

t.test('from the group that is to steps', async (t) => {
  const table: [string, object, string[]][] = [
    ['name: a', { 'query:group-entry:a': none }, ['groupadd a']],
    ['name: a\nsystem: true', { 'query:group-entry:a': none }, ['groupadd -r a']],
    ['name: a\ngid: 7', { 'query:group-entry:a': none, 'query:group-entry:7': none }, ['groupadd -g 7 a']],
    ['name: a\ngid: 7\nnon_unique: true', { 'query:group-entry:a': has('a:x:6:') }, ['groupmod -g 7 -o a']],
    ['name: a\ngid: 7', { 'query:group-entry:a': has('a:x:7:u'), 'query:group-entry:7': has('a:x:7:u') }, []],
    ['name: a', { 'query:group-entry:a': has('a:x:7:') }, []],
    ['name: a\nstate: absent', { 'query:group-entry:a': has('a:x:7:') }, ['groupdel a']],
    ['name: a\nstate: absent', { 'query:group-entry:a': none }, []],
  ]
  for (const [args, host, steps] of table) t.same(simulate(module, args, host as never).steps, steps, args)
})

t.test('a number that another group has', async (t) => {
  const host = { 'query:group-entry:a': none, 'query:group-entry:7': has('b:x:7:') }
  t.equal(simulate(module, 'name: a\ngid: 7', host).refusals[0]?.summary, "GID '7' already exists with group 'b'")
})

t.test('what is told', async (t) => {
  t.same(simulate(module, 'name: a', { 'query:group-entry:a': has('a:x:7:') }).result, { name: 'a', state: 'present', gid: 7, system: false })
})
