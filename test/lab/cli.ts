/** `npm run lab -- VERB …`: the rehearsal lab on the command line. */

import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { removeCgroup } from './cgroup.ts'
import { connectFile } from './connect.ts'
import { explain, LabError } from './errors.ts'
import { spawnOnHost } from './enter.ts'
import { hostAddress } from './host.ts'
import { down, up, type Log } from './index.ts'
import { purgeCache } from './instance.ts'
import { identityFile, knownHostsFile } from './keys.ts'
import { cacheDir, defaultInstance, instancePaths, packageRoot, workCgroup } from './paths.ts'
import type { KernelWish } from './spec.ts'
import { rehearseFailover, rehearseRekey, shortLifetimes, type Rekey } from './rehearse.ts'
import { siteHostNames } from './site.ts'
import { describeInstance } from './status.ts'

const usageExitCode = 2
const downExitCode = 3
const interruptedExitCode = 130

/** Where the command line's words go; what `exec`, `ssh` and `site` start writes to the process's own streams. */
export interface Output {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** Carries out one command line, without the program's name; gives the exit code. */
export async function runLab([word, ...rest]: string[], output: Output): Promise<number> {
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    output.out(help())
    return word === undefined ? usageExitCode : 0
  }
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (!verb) {
    output.err(`lab: there is no verb "${word}"; the verbs are ${Object.keys(verbs).join(', ')}\n`)
    return usageExitCode
  }
  if (rest[0] === '--help') {
    output.out(`Usage: npm run lab -- ${verb.usage}\n\n${verb.summary}\n`)
    return 0
  }
  try {
    return await verb.run(rest, output)
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`lab: ${error.message}\nUsage: npm run lab -- ${verb.usage}\n`)
      return usageExitCode
    }
    output.err(`lab: ${explain(error)}\n`)
    return 1
  }
}

/** Wrong words on the command line. */
class UsageError extends Error {}

interface Verb {
  readonly usage: string
  readonly summary: string
  /** Gives the exit code. */
  readonly run: (words: string[], output: Output) => Promise<number>
}

const verbs: Readonly<Record<string, Verb>> = {
  up: {
    usage: 'up',
    summary: 'make the site of the article, or mend it; the first time builds its roots (minutes)',
    run: async (words, output) => {
      expectNoMore(words)
      await upSite(output)
      return 0
    },
  },
  down: {
    usage: 'down [--purge]',
    summary: 'remove every trace of it; with --purge, the roots and keys too',
    run: async (words, output) => {
      const { values, positionals } = parse(words, { purge: { type: 'boolean' } })
      expectNoMore(positionals)
      await down(defaultInstance(), logTo(output))
      if (values.purge) {
        await purgeCache()
        logTo(output)(`removed ${cacheDir}`)
      }
      return 0
    },
  },
  status: {
    usage: 'status',
    summary: `show each host; exits ${downExitCode} unless all are up`,
    run: async (words, output) => {
      expectNoMore(words)
      const { isUp, lines } = await describeInstance(defaultInstance(), siteHostNames)
      output.out(`${lines.join('\n')}\n`)
      return isUp ? 0 : downExitCode
    },
  },
  exec: {
    usage: 'exec HOST -- COMMAND…',
    summary: "run a command as root on a host; the exit code is the command's",
    run: async (words) => {
      const [host, ...rest] = words
      const argv = rest[0] === '--' ? rest.slice(1) : rest
      if (!host || argv.length === 0) throw new UsageError('exec needs a host and a command')
      return exitCodeOf(spawnOnHost(instancePaths(defaultInstance()), host, argv, 'inherit', process.stdin.isTTY && process.stdout.isTTY))
    },
  },
  ssh: {
    usage: 'ssh HOST [COMMAND…]',
    summary: 'log in to a host as opc, the way the playbook runner does',
    run: async (words) => {
      const [host, ...command] = words
      if (!host) throw new UsageError('ssh needs a host')
      const options = {
        User: 'opc',
        IdentityFile: identityFile,
        IdentitiesOnly: 'yes',
        UserKnownHostsFile: knownHostsFile,
        StrictHostKeyChecking: 'yes',
        ConnectTimeout: '20',
        ProxyCommand: `${connectFile} ${defaultInstance()} %h %p`,
      }
      const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
      // By address: known_hosts has no names of scratch hosts.
      const address = hostAddress(instancePaths(defaultInstance()), host) ?? host
      return exitCodeOf(spawn('ssh', ['-F', 'none', ...flags, address, ...command], { stdio: 'inherit' }))
    },
  },
  rehearse: {
    usage: 'rehearse failover|rekey',
    summary: 'cut a tunnel, or replace all keys, while packets flow, and say what they saw of it; the site has to be up and configured',
    run: async ([what, ...more], output) => {
      expectNoMore(more)
      if (what === 'failover') {
        const { from, to, outageSeconds, returnSeconds } = await rehearseFailover(defaultInstance(), logTo(output))
        output.out(`failover from ${from} to ${to}: ${outageSeconds.toFixed(1)} s without an answer; back after ${returnSeconds.toFixed(0)} s\n`)
        return 0
      }
      if (what === 'rekey') return rehearseRekeyOfSite(output)
      throw new UsageError('rehearse needs to know what: failover or rekey')
    },
  },
  site: {
    usage: 'site -- PLAYLINE-ARGS…',
    summary: 'up, then run playbooks/site.yml against the lab',
    run: async (words, output) => {
      await upSite(output)
      return runSite(words[0] === '--' ? words.slice(1) : words)
    },
  },
}

const runSite = (args: readonly string[]): Promise<number> =>
  exitCodeOf(spawn(process.execPath, ['dist/runner/main.js', 'playbooks/site.yml', '-i', 'inventories/lab', ...args], { stdio: 'inherit', cwd: packageRoot() }))

/** With short lifetimes by their variables, and then as it was. */
async function rehearseRekeyOfSite(output: Output): Promise<number> {
  const shortened = await runSite(shortLifetimes)
  if (shortened !== 0) return shortened
  let seen: Rekey
  let restored: number
  try {
    seen = await rehearseRekey(defaultInstance(), logTo(output))
  } finally {
    restored = await runSite([])
  }
  const { ikeCount, espCount, lostCount, sentCount, gapSeconds } = seen
  output.out(
    `rekey: ${ikeCount} IKE SAs and ${espCount} ESP SAs replaced; ${lostCount} of ${sentCount} packets lost, ${gapSeconds.toFixed(1)} s the longest time without an answer\n`,
  )
  return restored
}

const help = (): string => {
  const width = Math.max(...Object.values(verbs).map((verb) => verb.usage.length))
  return `Usage: npm run lab -- VERB

The rehearsal lab: the hosts and networks of the article, on this machine.

${Object.values(verbs)
  .map((verb) => `  ${verb.usage.padEnd(width)}  ${verb.summary}`)
  .join('\n')}

Environment:
  PLAYLINE_LAB        the instance's name, so that several can be up (default: site)
  PLAYLINE_LAB_KERNEL "esp" (default): a kernel with ESP, in a virtual machine if need be; "own": this machine's, as it is
  PLAYLINE_LAB_CACHE  the folder of roots and keys (default: /var/lib/playline-lab)
`
}

/** Makes the site; Ctrl-C ends what is running for it and leaves the rest to `down`. */
async function upSite(output: Output): Promise<void> {
  const instance = defaultInstance()
  const interrupt = () => {
    output.err('\nlab: interrupted; "npm run lab -- up" goes on, "npm run lab -- down" removes what there is\n')
    void removeCgroup(workCgroup(instancePaths(instance))).finally(() => process.exit(interruptedExitCode))
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, interrupt)
  try {
    await up({ instance, kernel: defaultKernel(), log: logTo(output) })
  } finally {
    for (const signal of signals) process.off(signal, interrupt)
  }
}

/** Env `PLAYLINE_LAB_KERNEL`: `own` keeps the hosts on the machine's kernel, whatever it has. */
function defaultKernel(): KernelWish {
  const wish = process.env['PLAYLINE_LAB_KERNEL'] || 'esp'
  if (wish !== 'own' && wish !== 'esp') throw new LabError(`PLAYLINE_LAB_KERNEL is "${wish}": it takes "own" or "esp"`)
  return wish
}

/** Progress goes to standard error: standard output belongs to what was asked for. */
const logTo =
  (output: Output): Log =>
  (line) =>
    output.err(`lab: ${line}\n`)

function parse(words: string[], options: Record<string, { type: 'boolean' }>) {
  try {
    return parseArgs({ args: words, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function expectNoMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`"${words[0]}" is one word too many`)
}

/** The child's exit code, as a shell gives it. Signals are the child's to act on; a terminal sends it Ctrl-C by itself. */
function exitCodeOf(child: ChildProcess): Promise<number> {
  const ignore = () => {}
  const forward = () => void child.kill('SIGTERM')
  process.on('SIGINT', ignore)
  process.on('SIGTERM', forward)
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new LabError(`${child.spawnfile} did not start`, { cause })))
    child.once('close', (code, signal) => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', forward)
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
    })
  })
}

/** The folder that has the package.json: this file is in it as source, and in its dist as compiled. */
