import t from 'tap'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ModuleRegistry, RUNNER_ACTIONS } from '../../../runner/load/modules.ts'

t.test('modules are named after their files; a library folder hides one of ours', async (t) => {
  const library = t.testdir({
    'mine.mjs': "export default ({ read, z }) => read({ summary: 'x', params: () => z.object({}), examples: [], probe: () => ({}), result: () => ({}) })",
    'stat.mjs': "export default ({ action, z }) => action({ summary: 'hides', params: () => z.object({}), examples: [], *run() {} })",
    'broken.mjs': 'export default 5',
    'README.md': '',
  })
  const modules = new ModuleRegistry([library, path.join(library, 'none')])
  for (const name of ['copy', 'systemd', 'mine', 'debug', ...RUNNER_ACTIONS]) t.ok(modules.has(name), name)
  for (const name of ['README', 'constructor', '__proto__', 'shared']) t.notOk(modules.has(name), name)
  t.equal((await modules.load('mine'))?.kind, 'read')
  t.equal((await modules.load('stat'))?.kind, 'action')
  t.equal(await modules.load('debug'), undefined)
  t.equal(await modules.load('systemd'), await modules.load('service'))
  t.equal(modules.loaded('copy'), undefined)
  t.ok(modules.loaded('mine'))
  await t.rejects(modules.load('broken'), { message: `${path.join(library, 'broken.mjs')} is not a module` })
  // The test's own folder is an ES-module package; one without a package.json is not.
  const alone = path.join(mkdtempSync(path.join(os.tmpdir(), 'playline-library-')), 'cjs.js')
  writeFileSync(alone, 'export default 5')
  t.teardown(() => rmSync(path.dirname(alone), { recursive: true }))
  await t.rejects(new ModuleRegistry([path.dirname(alone)]).load('cjs'), { message: `${alone} cannot be loaded` })
})
