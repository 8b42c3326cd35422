import t from 'tap'
import { openPort } from '../../../../runner/port/open.ts'
import type { ConnectionSettings } from '../../../../runner/port/port.ts'
import { thisPlace } from '../../../../runner/port/ssh/place.ts'
import { allGone, eventually, processesWith, uniqueSeconds } from '../support/processes.ts'
import { refused } from '../support/refused.ts'

const LOCAL: ConnectionSettings = {
  connection: 'local',
  hostName: 'localhost',
  address: 'localhost',
  port: undefined,
  user: undefined,
  privateKeyFiles: [],
  password: undefined,
  connectTimeoutMs: 1000,
  sshArguments: [],
  hostKeyChecking: 'strict',
}
const ME = { become: undefined }

t.test('the controller itself', async (t) => {
  const environment = {
    PATH: process.env['PATH'],
    HOME: '/root',
    OCI_CLI_PROFILE: 'mine',
    NODE_OPTIONS: '--no-such-option',
    npm_config_x: '1',
    PLAYLINE_SECRET: 'x',
  }
  const port = openPort(LOCAL, { ...thisPlace(), environment })
  t.teardown(() => port.close())

  t.test("has the user's environment, without what was for Node and for us", async (t) => {
    const { stdout } = await port.run({ kind: 'run', argv: ['env'] }, ME)
    t.match(stdout, /^OCI_CLI_PROFILE=mine$/m)
    t.notMatch(stdout, /no-such-option|npm_config|PLAYLINE/)
  })

  t.test('what runs at a deadline is ended, whatever its own limit allows', async (t) => {
    const seconds = uniqueSeconds()
    const step = { kind: 'run', argv: ['sleep', seconds], timeoutMs: 60_000 } as const
    t.match(await refused(port.run(step, { ...ME, deadline: Date.now() + 300 })), { code: 'TIMED_OUT' })
    t.ok(await allGone(`sleep ${seconds}`))
  })

  t.test('the controller is not to be ended', async (t) => {
    t.match(await refused(port.run({ kind: 'run', argv: ['true'], endsHost: true }, ME)), { code: 'STEP_FAILED', summary: /would reboot the control node/ })
  })

  t.test('runs in the folder of the controller', async (t) => {
    t.equal((await port.run({ kind: 'run', argv: ['pwd'] }, ME)).stdout, `${process.cwd()}\n`)
  })

  t.test('has no terminal', async (t) => {
    t.not((await port.run({ kind: 'run', argv: ['sh', '-c', 'exec </dev/tty'] }, ME)).exitCode, 0)
  })

  t.test('what runs when the port is closed is ended', async (t) => {
    const seconds = uniqueSeconds()
    const running = refused(port.run({ kind: 'run', argv: ['sh', '-c', `sleep ${seconds} & sleep ${seconds}`] }, ME))
    t.ok(await eventually(() => processesWith(seconds).length > 2))
    await port.close()
    t.match(await running, { code: 'CONNECTION_LOST' })
    t.ok(await allGone(seconds))
    t.equal((await port.run({ kind: 'run', argv: ['echo', 'on'] }, ME)).stdout, 'on\n', 'a closed port opens anew')
  })
})
