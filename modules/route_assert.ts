import { param, query, read, z } from '../runner/module.ts'
import type { QueryReply } from '../runner/module.ts'
import { ADDRESS, PREFIX } from './shared/address.ts'
import { brokenAmong, sentencesOf } from './shared/broken.ts'
import type { Broken } from './shared/broken.ts'

interface Hop {
  readonly gateway: string | undefined
  readonly dev: string | undefined
}
interface Route {
  readonly protocol: string
  readonly hops: readonly Hop[]
}

const params = () =>
  z
    .object({
      prefixes: param
        .list(
          param
            .nonEmptyString()
            .refine((text) => text === 'default' || ADDRESS.test(text) || PREFIX.test(text), 'not a prefix: an address, a slash and a length, or default'),
        )
        .describe('The prefixes that have to have a route.'),
      protocol: z
        .string()
        .regex(/^[\w-]+$/, 'not the name of a protocol')
        .optional()
        .describe('Who has to have made the routes: `bgp`, `static`, `kernel`, `dhcp`, …'),
      devices: param.list(param.nonEmptyString()).default([]).describe('The interfaces of which each route has to use all. Default: any.'),
      family: z.enum(['ipv4', 'ipv6']).default('ipv4').describe('The address family.'),
      timeout: param.number(0, 3600).default(30).describe('How long to wait, in seconds.'),
      sleep: param.number(0.1, 60).default(1).describe('How long to wait between two looks, in seconds.'),
    })
    .strict()
type Params = z.output<ReturnType<typeof params>>
type Routes = Readonly<Record<string, readonly Route[]>>

/** Routes by prefix from `ip -json route show` (iproute2). A host's route has no length there. */
function parseRoutes({ stdout }: QueryReply): Routes {
  const routes: Record<string, Route[]> = {}
  for (const each of JSON.parse(stdout.trim() === '' ? '[]' : stdout) as Json[]) {
    const hops = (each.nexthops ?? [each]).map(({ gateway, dev }) => ({ gateway, dev }))
    ;(routes[withLength(each.dst)] ??= []).push({ protocol: each.protocol ?? 'boot', hops })
  }
  return routes
}
interface Json {
  readonly dst: string
  readonly protocol?: string
  readonly gateway?: string
  readonly dev?: string
  readonly nexthops?: readonly { readonly gateway?: string; readonly dev?: string }[]
}

function withLength(prefix: string): string {
  return prefix === 'default' || prefix.includes('/') ? prefix : `${prefix}/${prefix.includes(':') ? 128 : 32}`
}

type Fault = Broken<'no_route' | 'protocol' | 'device'>

const brokenIn = (routes: Routes, p: Params): Record<string, Fault> => brokenAmong(p.prefixes, (prefix) => ofPrefix(routes[withLength(prefix)] ?? [], p))

function ofPrefix(found: readonly Route[], { protocol, devices }: Params): Fault | undefined {
  const evidence = found.map(words).join('; ')
  if (found.length === 0) return { problem: 'no route to it', cause: 'no_route', evidence }
  const made = found.filter((route) => protocol === undefined || route.protocol === protocol)
  if (made.length === 0) return { problem: `its route is not one of ${protocol ?? ''}`, cause: 'protocol', evidence }
  const lacks = devices.filter((device) => !made.some(({ hops }) => hops.some(({ dev }) => dev === device)))
  return lacks.length === 0 ? undefined : { problem: `its route does not use ${lacks.join(', ')}`, cause: 'device', evidence }
}

function words({ protocol, hops }: Route): string {
  return `${hops.map(({ gateway, dev }) => `${gateway === undefined ? '' : `via ${gateway} `}dev ${dev ?? '?'}`).join(' and ')} (${protocol})`
}

export default read({
  summary: 'Waits until the kernel has routes to prefixes, and says which are missing or go another way.',
  params,
  examples: [
    { name: 'the other networks are known from BGP', args: 'prefixes: [172.16.0.0/24, 172.16.1.0/24]\nprotocol: bgp' },
    { name: 'over both tunnels', args: 'prefixes: 172.16.0.0/24\ndevices: [vti1, vti2]\ntimeout: 60' },
  ],
  returns: {
    routes: 'By prefix, for those that are asked for: a list of routes, each with `protocol` and `hops` (`gateway`, `dev`).',
    broken: 'By prefix, for each that is not as it should be: `problem`, `cause` (no_route, protocol, device) and `evidence`, the routes that there are.',
  },
  probe: (p) => ({ routes: query(`live:routes ${p.family}`, ['ip', '-json', p.family === 'ipv4' ? '-4' : '-6', 'route', 'show'], parseRoutes) }),
  missing: ({ routes }, p) => sentencesOf(brokenIn(routes, p)),
  wait: ({ timeout, sleep }) => ({ timeoutMs: timeout * 1000, intervalMs: sleep * 1000 }),
  result: ({ state: { routes }, params: p }) => ({
    routes: Object.fromEntries(
      p.prefixes.map((prefix) => [
        prefix,
        (routes[withLength(prefix)] ?? []).map(({ protocol, hops }) => ({
          protocol,
          hops: hops.map(({ gateway, dev }) => ({ gateway: gateway ?? null, dev: dev ?? null })),
        })),
      ]),
    ),
    broken: brokenIn(routes, p),
  }),
})
