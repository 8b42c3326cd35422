/** A fresh host of the lab for one test file, removed when the test ends. */
import { down, execOnHost, scratchHost, up, type ScratchOptions } from '../lab/index.ts'
import type { Exec } from './drive.ts'

/** As much of tap's test as is needed here. */
interface Ends {
  teardown(work: () => Promise<unknown>): void
  setTimeout(ms: number): void
}

/** Makes the host, and gives the way to run programs on it as root. The instance is of this process's own: tests run beside each other. */
export async function scratch(t: Ends, options: Pick<ScratchOptions, 'kind' | 'firewalld'>): Promise<Exec> {
  const instance = `m${process.pid}`
  t.setTimeout(900_000)
  t.teardown(() => down(instance))
  await up({ instance, hosts: [] })
  await scratchHost({ instance, name: 'host', ...options })
  return async (argv, { stdin, environment = {} } = {}) => {
    const words = ['env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`), ...argv]
    const { exitCode, stdout, stderr } = await execOnHost(instance, 'host', words, stdin === undefined ? {} : { stdin })
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
  }
}

/** Runs a shell script on the host; throws where it fails. */
export async function sh(host: Exec, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host(['bash', '-euc', script])
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${script}\n${stdout}${stderr}`)
  return stdout
}
