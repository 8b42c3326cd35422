import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

const MODULE = JSON.stringify(new URL('../../../runner/report/write-whole.ts', import.meta.url).href)
const PROGRAM = `const { writeWhole } = await import(${MODULE}); process.stdout; process.once('exit', () => writeWhole(process.stdout.fd, 'ä'.repeat(300_000)))`

function start(): ReturnType<typeof spawn> {
  return spawn(process.execPath, [...process.execArgv, '--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
}

t.test('a text that is more than a pipe holds is written to its end, though it is read late', async (t) => {
  const child = start()
  await once(child.stdout!, 'readable')
  let text = ''
  child.stdout!.setEncoding('utf8').on('data', (part: string) => (text += part))
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 0)
  t.equal(text, 'ä'.repeat(300_000))
})

t.test('a reader that goes away is no fault', async (t) => {
  const child = start()
  await once(child.stdout!, 'readable')
  child.stdout!.destroy()
  const [code] = (await once(child, 'exit')) as [number]
  t.equal(code, 0)
})
