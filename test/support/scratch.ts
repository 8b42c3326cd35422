/** A fresh host of the lab for one test file, removed when the test ends. */
import { openPort } from '../../runner/port/open.ts'
import type { Port } from '../../runner/port/port.ts'
import { thisPlace } from '../../runner/port/ssh/place.ts'
import { quoteWord } from '../../runner/value/words.ts'
import { down, scratchHost, shOnHost, up, type ScratchOptions } from '../lab/index.ts'

/** A host that is reached as any: over SSH, becoming root with sudo. */
export interface Host {
  readonly port: Port
  /** Runs a shell script on the host as root, past the port. */
  readonly sh: (script: string) => Promise<string>
}

/** As much of tap's test as is needed here. */
interface Ends {
  teardown(work: () => Promise<unknown>): void
  setTimeout(ms: number): void
}

/** Makes the host, and gives the way to run programs on it as root. The instance is of this process's own: tests run beside each other. */
export async function scratch(t: Ends, options: Pick<ScratchOptions, 'kind' | 'firewalld'>): Promise<Host> {
  const instance = `m${process.pid}`
  t.setTimeout(900_000)
  t.teardown(() => down(instance))
  await up({ instance, hosts: [] })
  const at = await scratchHost({ instance, name: 'host', ...options })
  const port = openPort(
    {
      connection: 'ssh',
      hostName: at.name,
      address: at.address,
      port: at.port,
      user: at.user,
      privateKeyFiles: [at.identityFile],
      password: undefined,
      connectTimeoutMs: 30_000,
      sshArguments: ['-o', `ProxyCommand=${at.proxyCommand.map(quoteWord).join(' ')}`, '-o', `UserKnownHostsFile=${at.knownHostsFile}`],
      hostKeyChecking: 'strict',
    },
    thisPlace(),
  )
  t.teardown(() => port.close())
  return { port, sh: (script) => shOnHost(instance, 'host', script) }
}
