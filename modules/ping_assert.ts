import { param, query, read, z } from '../runner/module.ts'
import type { Probe, StateOf } from '../runner/module.ts'
import { ADDRESS } from './shared/address.ts'
import { brokenAmong, sentencesOf } from './shared/broken.ts'
import type { Broken } from './shared/broken.ts'
import { CAUSES, parsePing } from './shared/ping.ts'
import type { Ping, PingCause } from './shared/ping.ts'

const address = () => param.nonEmptyString().refine((text) => ADDRESS.test(text), 'not an address')
/** An ICMP echo request's header and that of IPv4; IPv6's is longer by 20 bytes. */
const HEADERS_BYTES = 28
/** How long one answer is waited for. */
const ANSWER_SECONDS = 2

const params = () =>
  z
    .object({
      dest: param.list(address()).describe('The addresses that have to answer.'),
      source: z
        .string()
        .regex(/^[\w.:@-]+$/, 'not an address or an interface')
        .optional()
        .describe('The address or the interface to send from. Default: what the routes say.'),
      count: param.int(1, 1000).default(3).describe('How many requests are sent at each look.'),
      packet_bytes: param.int(28, 65_535).optional().describe('The size of the IPv4 packets, headers included: for the MTU of a path, with `dont_fragment`.'),
      dont_fragment: param.bool().default(false).describe('Forbid fragments on the way.'),
      max_loss_percent: param.number(0, 100).default(0).describe('How many of the requests may stay without an answer.'),
      max_time_ms: param.number(0.001, 60_000).optional().describe('How long an answer may take on average, in milliseconds.'),
      timeout: param.number(0, 3600).default(30).describe('How long to wait, in seconds.'),
      sleep: param.number(0.1, 60).default(1).describe('How long to wait between two looks, in seconds.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

const probe = (p: Params): { readonly pings: Readonly<Record<string, Probe<Ping>>> } => ({
  pings: Object.fromEntries(p.dest.map((dest) => [dest, ping(dest, p)])),
})
type State = StateOf<ReturnType<typeof probe>>

function ping(dest: string, p: Params): Probe<Ping> {
  const options = [
    ...['-n', '-c', String(p.count), '-i', '0.2', '-W', String(ANSWER_SECONDS)],
    ...(p.source === undefined ? [] : ['-I', p.source]),
    ...(p.packet_bytes === undefined ? [] : ['-s', String(p.packet_bytes - HEADERS_BYTES - (dest.includes(':') ? 20 : 0))]),
    ...(p.dont_fragment ? ['-M', 'do'] : []),
  ]
  return query(`live:ping ${[...options, dest].join(' ')}`, ['ping', ...options, dest], parsePing, {
    label: `ping ${dest}`,
    okExitCodes: [0, 1, 2],
    timeoutMs: (p.count * 0.2 + ANSWER_SECONDS + 20) * 1000,
  })
}

type Fault = Broken<PingCause | 'slow'>

const brokenIn = ({ pings }: State, p: Params): Record<string, Fault> => brokenAmong(Object.keys(pings), (dest) => ofPing(pings[dest]!, p))

function ofPing({ sent, lossPercent, averageMs, cause, evidence }: Ping, p: Params): Fault | undefined {
  if (lossPercent > p.max_loss_percent) {
    const size = p.packet_bytes === undefined ? '' : ` of ${p.packet_bytes} bytes`
    const lost = lossPercent === 100 ? `no answer to ${sent} requests${size}` : `${lossPercent} % of ${sent} requests${size} got no answer`
    return { problem: `${lost}: ${CAUSES[cause]}`, cause, evidence }
  }
  if (p.max_time_ms === undefined || (averageMs ?? 0) <= p.max_time_ms) return undefined
  return { problem: `answers take ${averageMs} ms, and may take ${p.max_time_ms} ms`, cause: 'slow', evidence: '' }
}

export default read({
  summary: 'Waits until addresses answer to ping from the host, and says what stands in the way.',
  params,
  examples: [
    { name: 'the other network is reached', args: 'dest: 172.16.0.93' },
    {
      name: 'from the network behind the gateway',
      args: 'dest: [172.16.0.93, 172.16.0.1]\nsource: 10.0.236.153\ncount: 5\nmax_loss_percent: 20\nmax_time_ms: 50',
    },
    { name: 'packets of the size that the path is said to carry', args: 'dest: 172.16.0.93\npacket_bytes: 1400\ndont_fragment: true' },
  ],
  returns: {
    pings: 'By address: `sent`, `received`, `loss_percent`, `average_ms` (null where nothing came back).',
    broken: `By address, for each that does not answer as it should: \`problem\`, \`cause\` (${[...Object.keys(CAUSES), 'slow'].join(', ')}) and \`evidence\`, the line of ping's that tells.`,
  },
  notes: ['Each look sends `count` requests, five a second; more than 1,000 cannot be asked for.'],

  probe,
  missing: (state, p) => sentencesOf(brokenIn(state, p)),
  wait: ({ timeout, sleep }) => ({ timeoutMs: timeout * 1000, intervalMs: sleep * 1000 }),

  result: ({ state, params: p }) => ({
    pings: Object.fromEntries(
      Object.entries(state.pings).map(([dest, { sent, received, lossPercent, averageMs }]) => [
        dest,
        { sent, received, loss_percent: lossPercent, average_ms: averageMs ?? null },
      ]),
    ),
    broken: brokenIn(state, p),
  }),
})
