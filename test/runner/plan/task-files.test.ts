import t from 'tap'
import { placesOf, type Including } from '../../../runner/plan/task-files.ts'
import { task } from './support.ts'

const plain: Including = { ...task('t'), play: { ...task('t').play, folder: '/pb' } }
const inRole = { ...plain, role: { role: { folder: '/pb/roles/r' } } } as unknown as Including
const places = (how: 'import' | 'include', including: Including, includes: readonly string[]) => placesOf({ ...including, includes }, 'x.yml', how, '/pb')

t.test('from the nearest include outwards, and at each step beside the playbook', async (t) => {
  t.strictSame(places('include', plain, []), ['/pb/x.yml', '/pb/tasks/x.yml'])
  t.strictSame(places('include', plain, ['sub', 'inc']).slice(0, 3), ['/pb/sub/x.yml', '/pb/x.yml', '/pb/inc/sub/x.yml'])
})

t.test("in a role: its own folder before that of the include's file, and for an import behind it", async (t) => {
  const own = ['/pb/roles/r/tasks/x.yml', '/pb/roles/r/x.yml', '/pb/tasks/x.yml', '/pb/x.yml']
  const beside = ['/pb/roles/r/tasks/deeper/tasks/x.yml', '/pb/roles/r/tasks/deeper/x.yml']
  t.strictSame(places('include', inRole, ['deeper']).slice(0, 6), [...own, ...beside])
  t.strictSame(places('import', inRole, ['deeper']).slice(0, 6), [...beside, '/pb/tasks/x.yml', '/pb/x.yml', ...own.slice(0, 2)])
  t.strictSame(places('include', inRole, []).slice(0, 4), own)
})

t.test('handlers have a folder of their own', async (t) => {
  const handler = { ...inRole, isHandler: true }
  t.strictSame(places('include', handler, []).slice(0, 2), ['/pb/roles/r/handlers/x.yml', '/pb/roles/r/tasks/x.yml'])
  t.equal(places('import', handler, ['.'])[0], '/pb/roles/r/handlers/handlers/x.yml')
  t.equal(places('import', handler, ['.'])[1], '/pb/roles/r/handlers/x.yml')
})

t.test('an absolute folder is one, whatever is around it', async (t) => {
  t.equal(places('include', plain, ['sub', '/elsewhere'])[2], '/elsewhere/sub/x.yml')
  t.equal(places('include', plain, ['/elsewhere', 'inc'])[0], '/elsewhere/x.yml')
})
