/** What ping(8) of iputils says. */
import type { QueryReply } from '../../runner/module.ts'

/** Why no answer came. */
export const CAUSES = {
  filtered: 'a firewall on the way rejects it',
  no_route: 'there is no route to it',
  host_unreachable: 'the last router does not reach it',
  too_large: 'the packet is too large for the path and may not be fragmented',
  expired: 'it went in a circle (time to live exceeded)',
  refused: 'this host may not send it',
  no_answer: 'nothing came back: it is dropped on the way there or on the way back',
} as const
export type PingCause = keyof typeof CAUSES

export interface Ping {
  readonly sent: number
  readonly received: number
  readonly lossPercent: number
  /** Round trip; undefined where nothing came back. */
  readonly averageMs: number | undefined
  readonly cause: PingCause
  /** The line that tells the cause, or nothing. */
  readonly evidence: string
}

const SIGNS: readonly (readonly [PingCause, RegExp])[] = [
  ['too_large', /.*(?:Frag needed|[Mm]essage too long|Packet too big).*/],
  ['filtered', /.*(?:Packet filtered|administratively prohibited|Communication prohibited|Destination (?:Host|Net) Prohibited).*/i],
  ['no_route', /.*(?:Network is unreachable|Destination Net Unreachable|No route to host).*/],
  ['host_unreachable', /.*Destination (?:Host|Port|Protocol) Unreachable.*/],
  ['expired', /.*Time to live exceeded.*/],
  ['refused', /.*(?:Operation not permitted|Permission denied).*/],
]

export function parsePing({ stdout, stderr }: QueryReply): Ping {
  const said = `${stdout}\n${stderr}`
  const [, sent, received, loss] = /(\d+) packets transmitted, (\d+) received.*? ([\d.]+)% packet loss/.exec(said) ?? []
  const [, average] = /^(?:rtt|round-trip) min\/avg\/max\S* = [\d.]+\/([\d.]+)\//m.exec(stdout) ?? []
  const sign = SIGNS.find(([, pattern]) => pattern.test(said))
  return {
    sent: Number(sent ?? 0),
    received: Number(received ?? 0),
    lossPercent: Number(loss ?? 100),
    averageMs: average === undefined ? undefined : Number(average),
    cause: sign?.[0] ?? 'no_answer',
    evidence: sign?.[1].exec(said)?.[0].trim() ?? '',
  }
}
