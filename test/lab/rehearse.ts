/** Rehearsals: something breaks on the site that is up, while packets flow, and what they saw of it is measured. */

import { setTimeout as delay } from 'node:timers/promises'
import { LabError } from './errors.ts'
import { scriptOnHost } from './enter.ts'
import { tunnels } from './oracle.ts'
import { instancePaths } from './paths.ts'
import { until } from './wait.ts'

const near = { host: 'onprem-vm', address: '10.0.85.10' }
const far = { host: 'oci-vm', address: '172.16.0.93' }
/** BGP's hold time in the article (RFC 4271, 4.2), in seconds. */
export const holdSeconds = 18
const intervalSeconds = 0.2
/** FRR tries a lost neighbour again after up to 120 s (`timers connect`). */
const returnTimeoutMs = 240_000

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
  const paths = instancePaths(instance)
  const run = (host: string, script: string): Promise<string> => scriptOnHost(paths, host, script)
  const device = async (): Promise<string> => / dev (\S+)/.exec(await run('cpe', `ip route get ${far.address} from ${near.address} iif ens3`))?.[1] ?? 'none'
  const from = await device()
  const headend = tunnels.find(({ number }) => from === `vti${number}`)?.headend
  if (headend === undefined) throw new LabError(`nothing carries packets to ${far.host}: say "npm run site" first`)

  log(`${from} carries the packets from ${near.host} to ${far.host}; it is cut at ${headend}`)
  const pingFile = '/run/playline-rehearsal.ping'
  await run(near.host, `systemd-run --quiet --collect --unit=rehearsal-ping sh -c 'exec ping -n -D -i ${intervalSeconds} -w 600 ${far.address} >${pingFile}'`)
  try {
    await until('the first answers', 20_000, async () => (await answers()).length >= 5)
    const cutAt = Number(await run(near.host, 'date +%s.%N'))
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
      const times = await answers()
      const now = Number(await run(near.host, 'date +%s.%N'))
      return (await device()) !== from && times.filter((time) => time > now - 3).length >= 5
    })
    const to = await device()
    const times = (await answers()).filter((time) => time >= cutAt - 1)
    const outageSeconds = Math.max(...times.map((time, index) => (index === 0 ? 0 : time - times[index - 1]!)))
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
  } finally {
    await run('drg', 'nft delete table inet rehearsal 2>/dev/null || true')
    await run(near.host, `systemctl stop rehearsal-ping 2>/dev/null || true; rm -f ${pingFile}`)
  }

  /** When answers came, in seconds since 1970. */
  async function answers(): Promise<number[]> {
    const text = await run(near.host, `cat ${pingFile}`)
    return [...text.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from/gm)].map(([, time]) => Number(time))
  }
}
