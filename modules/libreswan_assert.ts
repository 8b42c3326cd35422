import { param, query, read, z } from '../runner/module.ts'
import type { StateOf } from '../runner/module.ts'
import { brokenAmong, sentencesOf } from './shared/broken.ts'
import type { Broken } from './shared/broken.ts'
import { CAUSES, diagnose, parseStatus, parseTraffic } from './shared/libreswan/pluto.ts'
import type { Cause } from './shared/libreswan/pluto.ts'

const bytes = () => param.int(0).default(0)

const params = () =>
  z
    .object({
      connections: param.list(param.nonEmptyString()).describe('The names of the connections, as their `conn` sections have them.'),
      sa: z
        .enum(['ike', 'esp'])
        .default('esp')
        .describe('What each connection has to have: `ike`, an IKE SA (phase 1), or `esp`, an IPsec SA (phase 2) as well.'),
      ike_algorithms: param.nonEmptyString().optional().describe("What phase 1 has to have agreed on, in pluto's words: `AES_CBC_256-HMAC_SHA2_384-MODP1536`."),
      esp_algorithms: param.nonEmptyString().optional().describe("What phase 2 has to have agreed on, in pluto's words: `AES_GCM_16_256-NONE`."),
      bytes_above: z
        .record(z.string(), z.object({ esp_sa: param.int(0).optional(), in_bytes: bytes(), out_bytes: bytes() }))
        .optional()
        .describe(
          'By connection: the bytes that it has to have carried more than, both ways; the `connections` of an earlier look. An ESP SA that has replaced that of `esp_sa` counts from 0.',
        ),
      timeout: param.number(0, 3600).default(60).describe('How long to wait, in seconds.'),
      sleep: param.number(0.1, 60).default(1).describe('How long to wait between two looks, in seconds.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>

const probe = () => ({
  pluto: query('live:libreswan', ['ipsec', 'whack', '--status'], parseStatus, { label: 'pluto', okExitCodes: [0, 1, 10, 127] }),
  traffic: query('live:libreswan-traffic', ['ipsec', 'whack', '--trafficstatus'], parseTraffic, { label: 'traffic', okExitCodes: [0, 1, 10, 127] }),
  log: query('live:ipsec-log', ['journalctl', '-u', 'ipsec', '-n', '500', '--no-pager', '-o', 'cat'], ({ stdout }) => stdout, {
    label: "pluto's log",
    okExitCodes: [0, 1, 127],
  }),
  // Builtin or loaded: `ipsec start` loads the module where there is one.
  kernel: query('live:kernel-esp', ['grep', '-cw', '-m1', 'esp_input', '/proc/kallsyms'], (reply) => reply.stdout.trim() !== '0', {
    label: 'ESP in the kernel',
    okExitCodes: [0, 1],
  }),
})
type State = StateOf<ReturnType<typeof probe>>

type Fault = Broken<Cause | 'algorithms' | 'no_traffic' | 'not_running'>

const brokenIn = (state: State, p: Params): Record<string, Fault> => brokenAmong(p.connections, (name) => ofConnection(name, state, p))

function ofConnection(name: string, state: State, p: Params): Fault | undefined {
  const { pluto, traffic, log, kernel } = state
  if (pluto === null) return { problem: 'pluto is not running: `systemctl status ipsec` says why', cause: 'not_running', evidence: '' }
  const connection = pluto[name]
  const because = (what: string, cause: Cause, line: string | undefined): Fault => ({
    problem: `${what}: ${CAUSES[cause]}`,
    cause,
    evidence: line ?? '',
  })
  if (!connection || connection.ikeSa === 0) {
    const { cause, line } = diagnose(name, log, false)
    if (!connection && cause === 'starting') {
      return because(`it read ${Object.keys(pluto).join(', ') || 'none'}`, 'no_such_connection', undefined)
    }
    return because('no IKE SA', cause, line)
  }
  if (p.ike_algorithms !== undefined && connection.ikeAlgorithms !== p.ike_algorithms) {
    return { problem: `phase 1 agreed on ${connection.ikeAlgorithms ?? 'nothing'}, not on ${p.ike_algorithms}`, cause: 'algorithms', evidence: '' }
  }
  if (p.sa === 'ike') return undefined
  if (connection.espSa === 0) {
    const { cause, line } = kernel ? diagnose(name, log, true) : { cause: 'no_kernel_esp' as const, line: undefined }
    return because('an IKE SA, but no ESP SA', cause, line)
  }
  if (p.esp_algorithms !== undefined && connection.espAlgorithms !== p.esp_algorithms) {
    return { problem: `phase 2 agreed on ${connection.espAlgorithms ?? 'nothing'}, not on ${p.esp_algorithms}`, cause: 'algorithms', evidence: '' }
  }
  const earlier = p.bytes_above?.[name]
  const isReplaced = earlier?.esp_sa !== undefined && earlier.esp_sa !== connection.espSa
  const above = isReplaced ? { in_bytes: 0, out_bytes: 0 } : earlier
  const now = traffic[name] ?? { inBytes: 0, outBytes: 0 }
  if (above && (now.inBytes <= above.in_bytes || now.outBytes <= above.out_bytes)) {
    return {
      problem: `an ESP SA, but its bytes do not rise both ways: in ${above.in_bytes} → ${now.inBytes}, out ${above.out_bytes} → ${now.outBytes}`,
      cause: 'no_traffic',
      evidence: '',
    }
  }
  return undefined
}

export default read({
  summary: 'Waits until Libreswan has security associations for connections, and says which are missing and why.',
  params,
  examples: [
    { name: 'both tunnels are up', args: 'connections: [Tunnel-1, Tunnel-2]\nsa: esp\ntimeout: 60' },
    { name: 'with the agreed algorithms', args: 'connections: Tunnel-1\nesp_algorithms: AES_GCM_16_256-NONE' },
    {
      name: 'and traffic since an earlier look',
      args: 'connections: Tunnel-1\nbytes_above:\n  Tunnel-1: { in_bytes: 1228, out_bytes: 1564 }\ntimeout: 20',
    },
  ],
  returns: {
    connections:
      'By name: `ike_sa` and `esp_sa`, the serial numbers of the newest SAs, 0 where there is none; `in_bytes` and `out_bytes` of ESP; the algorithms.',
    broken: `By name, for each connection that is not as it should be: \`problem\`, \`cause\` (${[...Object.keys(CAUSES), 'algorithms', 'no_traffic', 'not_running'].join(', ')}) and \`evidence\`, the line of pluto's log that tells.`,
    kernel_esp: 'Whether the kernel has ESP (RFC 4303). Without it no connection gets beyond its IKE SA.',
  },
  notes: ["The cause is read from pluto's journal since its last start."],

  probe,
  missing: (state, p) => sentencesOf(brokenIn(state, p)),
  wait: ({ timeout, sleep }) => ({ timeoutMs: timeout * 1000, intervalMs: sleep * 1000 }),

  evidence: () => [
    query('live:ipsec-journal', ['journalctl', '-u', 'ipsec', '-n', '20', '--no-pager', '-o', 'cat'], (reply) => reply.stdout, {
      label: 'the last lines of the journal of ipsec',
      okExitCodes: [0, 1, 127],
    }),
  ],

  result({ state, params: p }) {
    const found = p.connections.map((name) => {
      const connection = state.pluto?.[name]
      const { inBytes, outBytes } = state.traffic[name] ?? { inBytes: 0, outBytes: 0 }
      return [
        name,
        {
          ike_sa: connection?.ikeSa ?? 0,
          esp_sa: connection?.espSa ?? 0,
          in_bytes: inBytes,
          out_bytes: outBytes,
          ike_algorithms: connection?.ikeAlgorithms ?? null,
          esp_algorithms: connection?.espAlgorithms ?? null,
        },
      ]
    })
    return { connections: Object.fromEntries(found) as unknown, broken: brokenIn(state, p), kernel_esp: state.kernel }
  },
})
