/** What Libreswan's pluto says of connections. The forms are those of Libreswan 4.10, recorded in test/modules/fixtures/libreswan. */
import type { QueryReply } from '../../../runner/module.ts'

/** One connection, as `ipsec whack --status` has it. */
export interface Connection {
  /** Serial numbers of the newest security associations, 0 where there is none. */
  readonly ikeSa: number
  readonly espSa: number
  /** As pluto writes them: `AES_CBC_256-HMAC_SHA2_384-MODP1536`, `AES_GCM_16_256-NONE`. */
  readonly ikeAlgorithms: string | undefined
  readonly espAlgorithms: string | undefined
}

/** Bytes that an ESP SA has carried. */
export interface Traffic {
  readonly inBytes: number
  readonly outBytes: number
}

/**
 * Connections by name, or null where pluto does not answer. The lines that count:
 * `000 "Tunnel-1":   newest ISAKMP SA: #1; newest IPsec SA: #3; conn serial: $1;` and
 * `000 "Tunnel-1":   ESP algorithm newest: AES_GCM_16_256-NONE; pfsgroup=MODP1536`.
 */
export function parseStatus({ exitCode, stdout }: QueryReply): Readonly<Record<string, Connection>> | null {
  if (exitCode !== 0) return null
  const connections: Record<string, Connection> = {}
  const algorithms = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [, name = '', said = ''] = /^000 "([^"]+)"(?:\[\d+\])?[^:]*:\s+(.*)$/.exec(line) ?? []
    const newest = /^newest (?:ISAKMP|IKE) SA: #(\d+); newest (?:IPsec|Child|ESP\/AH) SA: #(\d+);/.exec(said)
    if (newest) connections[name] = { ikeSa: Number(newest[1]), espSa: Number(newest[2]), ikeAlgorithms: undefined, espAlgorithms: undefined }
    const [, kind, names = ''] = /^(IKEv?\d?|ESP) algorithm newest: ([^;]+)/.exec(said) ?? []
    if (kind !== undefined) algorithms.set(`${kind === 'ESP' ? 'esp' : 'ike'} ${name}`, names.trim())
  }
  return Object.fromEntries(
    Object.entries(connections).map(([name, found]) => [
      name,
      { ...found, ikeAlgorithms: algorithms.get(`ike ${name}`), espAlgorithms: algorithms.get(`esp ${name}`) },
    ]),
  )
}

/** Bytes by connection, over all its ESP SAs: `006 #3: "Tunnel-1", type=ESP, add_time=1, inBytes=1228, outBytes=1564, …`. */
export function parseTraffic({ stdout }: QueryReply): Readonly<Record<string, Traffic>> {
  const traffic: Record<string, Traffic> = {}
  for (const [, name = '', inBytes, outBytes] of stdout.matchAll(/^006 #\d+: "([^"]+)".*?type=ESP.*?inBytes=(\d+), outBytes=(\d+)/gm)) {
    const before = traffic[name] ?? { inBytes: 0, outBytes: 0 }
    traffic[name] = { inBytes: before.inBytes + Number(inBytes), outBytes: before.outBytes + Number(outBytes) }
  }
  return traffic
}

/** Why a connection does not come up. */
export const CAUSES = {
  ikev1_refused: 'pluto does not allow IKEv1: `ikev1-policy=accept` is missing under `config setup`',
  configuration: 'pluto refuses its configuration',
  no_such_connection: 'pluto has no such connection: its file was not read, or has another name for it',
  no_secret: 'pluto has no shared secret for the two identities: no file that it reads (/etc/ipsec.d/*.secrets) has one',
  wrong_secret: 'the shared secrets of the two ends differ (or UDP 4500 is closed, on which the first encrypted message travels)',
  identity: 'the other end has another identity than the configuration says',
  ike_proposals: 'the other end accepts none of the proposals of phase 1 (`ike`)',
  esp_proposals: 'the other end accepts none of the proposals of phase 2 (`phase2alg`), or not the subnets',
  no_answer: 'the other end does not answer: UDP 500 and 4500 are closed on the way, or the address is wrong',
  no_kernel_esp: 'this kernel has no ESP',
  starting: 'it is still being negotiated',
} as const
export type Cause = keyof typeof CAUSES

/** Lines of pluto's log, the most telling first. A `%` stands for the connection's name in quotes. */
const SIGNS: readonly (readonly [Exclude<Cause, 'no_such_connection' | 'no_kernel_esp' | 'starting'>, string])[] = [
  ['ikev1_refused', '%: failed to add IKEv1 connection: global ikev1-policy does not allow'],
  ['configuration', '%: failed to add (?:IKEv\\d )?connection: .*'],
  ['no_secret', '%.*(?:no preshared key found|authentication failed: .*no secret).*'],
  ['wrong_secret', '%.*(?:mismatch of preshared secrets|AUTHENTICATION_FAILED|authentication failed: computed hash does not match).*'],
  ['identity', '%.*(?:we require (?:IKEv\\d )?peer to have ID|INVALID_ID_INFORMATION|peer ID .* is not expected).*'],
  ['esp_proposals', '%.*(?:no acceptable Proposal in IPsec SA|NO_PROPOSAL_CHOSEN|TS_UNACCEPTABLE|no acceptable proposal).*'],
  ['ike_proposals', '%.*(?:no acceptable Oakley Transform|NO_PROPOSAL_CHOSEN|INVALID_KE_PAYLOAD).*'],
  // Main Mode's third message is the first that is encrypted, with a key made of the shared secret.
  ['wrong_secret', '%.*STATE_MAIN_I3: retransmission.*'],
  [
    'no_answer',
    '%.*(?:STATE_MAIN_I1: retransmission|STATE_V2_PARENT_I1: retransmission|STATE_PARENT_I1: retransmission|No response .*to our first IKE|using UDP failed).*',
  ],
]

/** The cause for a connection without the SA that it should have, and the line of pluto's log that tells. Only what came since pluto's start counts. */
export function diagnose(name: string, log: string, hasIkeSa: boolean): { readonly cause: Cause; readonly line: string | undefined } {
  const since = log.slice(Math.max(0, log.lastIndexOf('Starting Pluto')))
  // With an IKE SA, what stood in its way before does not matter any more.
  const established = hasIkeSa ? since.indexOf(`"${name}" #`) : 0
  const lines = since.slice(Math.max(0, established)).split('\n')
  for (const [cause, sign] of SIGNS) {
    if (hasIkeSa ? cause !== 'esp_proposals' : cause === 'esp_proposals') continue
    const pattern = new RegExp(sign.replace('%', `"${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"(?:\\[\\d+\\])?`))
    const line = lines.findLast((each) => pattern.test(each))
    if (line !== undefined) return { cause, line: line.trim() }
  }
  return { cause: 'starting', line: undefined }
}
