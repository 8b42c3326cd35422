/** Rehearsals: something happens to the site that is up, while packets flow, and what they saw of it is measured. */

import { setTimeout as delay } from 'node:timers/promises'
import { parseStatus, type Connection } from '../../modules/shared/libreswan/pluto.ts'
import { LabError } from './errors.ts'
import { enterHost, scriptOnHost } from './enter.ts'
import { connectionsDir } from './oracle.ts'
import { instancePaths } from './paths.ts'
import { until } from './wait.ts'

const near = { host: 'onprem-vm', address: '10.0.85.10' }
const far = { host: 'oci-vm', address: '172.16.0.93' }
/** BGP's hold time in the article (RFC 4271, 4.2), in seconds. */
export const holdSeconds = 18
const intervalSeconds = 0.2
/** Longer than any rehearsal: the ping ends by itself, whatever becomes of us. */
const pingSeconds = 600
const returnTimeoutMs = 240_000

type Run = (host: string, script: string) => Promise<string>

export interface Failover {
  /** The tunnel's device that carried the flow, and the one that took over. */
  readonly from: string
  readonly to: string
  /** The longest time without an answer, from the break on. */
  readonly outageSeconds: number
  /** From the mending until both tunnels carry routes again. */
  readonly returnSeconds: number
}

/**
 * A ping runs from the near network to the far one. The tunnel that carries it is cut at the other end, without a word to anyone;
 * the other has to take over within BGP's hold time. Then it is mended.
 */
export async function rehearseFailover(instance: string, log: (line: string) => void): Promise<Failover> {
  const run = runOn(instance)
  const device = async (): Promise<string> => / dev (\S+)/.exec(await run('cpe', `ip route get ${far.address} from ${near.address} iif ens3`))?.[1] ?? 'none'
  const from = await device()
  const headend = await headendOf(run, from)
  if (headend === undefined) throw new LabError(`nothing carries packets to ${far.host}: say "npm run site" first`)

  log(`${from} carries the packets from ${near.host} to ${far.host}; it is cut at ${headend}`)
  try {
    return await whilePinging(run, async (flow) => {
      const cutAt = await flow.now()
      await run(
        'drg',
        `nft add table inet rehearsal
         nft 'add chain inet rehearsal in { type filter hook input priority -300; }'
         nft 'add chain inet rehearsal out { type filter hook output priority -300; }'
         nft 'add rule inet rehearsal in ip daddr ${headend} udp dport { 500, 4500 } drop'
         nft 'add rule inet rehearsal out ip saddr ${headend} udp sport { 500, 4500 } drop'`,
      )
      const waitMs = (holdSeconds + 45) * 1000
      await until('the other tunnel to take over', waitMs, async () => {
        await delay(500)
        const times = await flow.answers()
        const now = await flow.now()
        return (await device()) !== from && times.filter((time) => time > now - 3).length >= 5
      })
      const to = await device()
      const outageSeconds = longestGap((await flow.answers()).filter((time) => time >= cutAt - 1))
      log(`${to} took over; ${outageSeconds.toFixed(1)} s without an answer (BGP's hold time is ${holdSeconds} s)`)

      const mendedAt = performance.now()
      await run('drg', 'nft delete table inet rehearsal')
      await until(`${from} to come back`, returnTimeoutMs, async () => {
        await delay(1000)
        return (await run('cpe', `ip -4 route show proto bgp`)).includes(from)
      })
      const returnSeconds = (performance.now() - mendedAt) / 1000
      log(`${from} carries routes again ${returnSeconds.toFixed(0)} s after it was mended`)
      return { from, to, outageSeconds, returnSeconds }
    })
  } finally {
    await run('drg', 'nft delete table inet rehearsal 2>/dev/null || true')
  }
}

/** The other end of the tunnel that has a device on the cpe: of the connection with the device's address inside the tunnel. */
async function headendOf(run: Run, device: string): Promise<string | undefined> {
  const [, address] = / inet ([\d.]+)/.exec(await run('cpe', `ip -oneline -4 address show dev ${device} 2>/dev/null || true`)) ?? []
  if (address === undefined) return undefined
  const number = `$(ip -oneline route get ${address} | sed -n 's/.* dev vti\\([0-9]*\\) .*/\\1/p')`
  const headend = (await run('drg', `sed -n 's/^\tleft=//p' "${connectionsDir}/headend-${number}.conf"`)).trim()
  return headend === '' ? undefined : headend
}

export interface Rekey {
  /** How many SAs were replaced by new ones, over all tunnels. */
  readonly ikeCount: number
  readonly espCount: number
  readonly lostCount: number
  readonly sentCount: number
  /** The longest time without an answer. */
  readonly gapSeconds: number
}

/** Lifetimes so short that a rehearsal sees their end, as variables of playbooks/site.yml. */
export const shortLifetimes = ['libreswan_ike_lifetime=60s', 'libreswan_sa_lifetime=40s', 'libreswan_rekey_margin=10s'].flatMap((each) => ['-e', each])
const rekeyTimeoutMs = 180_000

/** A ping runs from the near network to the far one until each tunnel has replaced its IKE SA and its ESP SA. The lifetimes have to be short. */
export async function rehearseRekey(instance: string, log: (line: string) => void): Promise<Rekey> {
  const run = runOn(instance)
  const connections = async (): Promise<Readonly<Record<string, Connection>>> => {
    const reply = await enterHost(instancePaths(instance), 'cpe', ['ipsec', 'whack', '--status'])
    return parseStatus({ exitCode: reply.exitCode, stdout: reply.stdout.toString(), stderr: reply.stderr.toString() }) ?? {}
  }
  const seen = { ike: new Set<string>(), esp: new Set<string>() }
  const isAllReplaced = async (first: Readonly<Record<string, Connection>>): Promise<boolean> => {
    const now = await connections()
    for (const [name, { ikeSa, espSa }] of Object.entries(now)) {
      if (ikeSa > 0 && ikeSa !== first[name]?.ikeSa) seen.ike.add(`${name} ${ikeSa}`)
      if (espSa > 0 && espSa !== first[name]?.espSa) seen.esp.add(`${name} ${espSa}`)
    }
    return Object.keys(first).every((name) => [seen.ike, seen.esp].every((kind) => [...kind].some((each) => each.startsWith(`${name} `))))
  }
  return whilePinging(run, async (flow) => {
    const first = await connections()
    if (Object.keys(first).length === 0) throw new LabError('there are no tunnels: say "npm run site" first')
    log(`waiting for ${Object.keys(first).join(' and ')} to replace their security associations`)
    await until('all security associations to be replaced', rekeyTimeoutMs, async () => {
      await delay(1000)
      return isAllReplaced(first)
    })
    const { sentCount, times } = await flow.end()
    const result = {
      ikeCount: seen.ike.size,
      espCount: seen.esp.size,
      lostCount: sentCount - times.length,
      sentCount,
      gapSeconds: longestGap(times),
    }
    log(`${result.ikeCount} IKE SAs and ${result.espCount} ESP SAs were replaced; ${result.lostCount} of ${sentCount} packets were lost`)
    return result
  })
}

/** A ping that goes on. Times are the near host's, in seconds since 1970. */
interface Flow {
  readonly now: () => Promise<number>
  /** When answers came, up to now. */
  readonly answers: () => Promise<number[]>
  /** Ends it, and tells how many requests there were and when each was answered. */
  readonly end: () => Promise<{ sentCount: number; times: number[] }>
}

async function whilePinging<T>(run: Run, work: (flow: Flow) => Promise<T>): Promise<T> {
  const file = '/run/playline-rehearsal.ping'
  const unit = 'rehearsal-ping'
  const text = () => run(near.host, `cat ${file}`)
  const timesIn = (words: string) => [...words.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from/gm)].map(([, time]) => Number(time))
  const flow: Flow = {
    now: async () => Number(await run(near.host, 'date +%s.%N')),
    answers: async () => timesIn(await text()),
    end: async () => {
      // Interrupted, ping waits for what is under way and counts.
      await run(near.host, `systemctl kill --signal=INT ${unit}; while systemctl is-active --quiet ${unit}; do sleep 0.1; done`)
      const words = await text()
      return { sentCount: Number(/^(\d+) packets transmitted/m.exec(words)?.[1]), times: timesIn(words) }
    },
  }
  await run(near.host, `systemd-run --quiet --collect --unit=${unit} sh -c 'exec ping -n -D -i ${intervalSeconds} -w ${pingSeconds} ${far.address} >${file}'`)
  try {
    await until('the first answers', 20_000, async () => (await flow.answers()).length >= 5)
    return await work(flow)
  } finally {
    await run(near.host, `systemctl stop ${unit} 2>/dev/null || true; rm -f ${file}`)
  }
}

const runOn =
  (instance: string): Run =>
  (host, script) =>
    scriptOnHost(instancePaths(instance), host, script)

const longestGap = (times: readonly number[]): number => Math.max(0, ...times.map((time, index) => (index === 0 ? 0 : time - times[index - 1]!)))
