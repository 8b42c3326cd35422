/**
 * Network namespaces and the veth pairs between them. Nothing is ever added to the machine's own namespace.
 *
 * A node is made by one shell script: a dozen commands, each of a few milliseconds, are not worth a shell each.
 */

import { existsSync, rmSync } from 'node:fs'
import type { Shell } from 'zx/core'
import { namespaceFile, namespaceName } from './paths.ts'
import type { LinkSpec, NodeSpec, RouterSpec } from './spec.ts'

/** Makes a node's namespace with its settings and its links. The links' peers have to exist. */
export async function makeNode($: Shell, instance: string, node: NodeSpec): Promise<void> {
  await runLines($, nodeLines(instance, node))
}

/** The lines of bash that make a node. */
export const nodeLines = (instance: string, node: NodeSpec): string[] => [
  ...namespaceLines(instance, node),
  ...node.links.flatMap((link) => linkLines(instance, node, link)),
]

/** Makes a router: a node with lines and rules of its own. */
export async function makeRouter($: Shell, instance: string, router: RouterSpec, rootDir: string): Promise<void> {
  await runLines($, routerLines(instance, router, rootDir))
}

/** The lines of bash that make a router. */
export const routerLines = (instance: string, router: RouterSpec, rootDir: string): string[] => [
  ...namespaceLines(instance, router),
  ...ipBatch(instance, router.name, router.setup),
  ...(router.ruleset ? rulesetLines(instance, router.name, rootDir, router.ruleset) : []),
  ...router.links.flatMap((link) => linkLines(instance, router, link)),
]

/** The lines of bash that load a ruleset in a node. Of the root, whose nft it is, only libraries are needed: no /dev, no /proc. */
export const rulesetLines = (instance: string, node: string, rootDir: string, ruleset: string): string[] => [
  `nsenter --net=${namespaceFile(instance, node)} chroot ${rootDir} /usr/sbin/nft -f - <<'RULES'`,
  ruleset,
  'RULES',
]

/**
 * Removes a namespace, and the links that end there. One that is not there is no error.
 *
 * The kernel takes a namespace apart some time after its last user left (network_namespaces(7)), and the far ends of its links stay
 * as long, with the names that the next node wants for its own. A link that is deleted is gone at both ends at once.
 */
export async function removeNamespace($: Shell, name: string): Promise<void> {
  const file = `/run/netns/${name}`
  if (!existsSync(file)) return
  const tolerant = $({ nothrow: true })
  const { stdout } = await tolerant`ip -json -n ${name} link show type veth`
  const links = stdout.trim() === '' ? [] : (JSON.parse(stdout) as { readonly ifname?: string }[])
  for (const { ifname } of links) if (ifname !== undefined) await tolerant`ip -n ${name} link delete ${ifname}`
  // `ip netns add` makes the file before it mounts the namespace on it: a crash between leaves a plain file.
  await tolerant`ip netns delete ${name}`
  rmSync(file, { force: true })
}

/** Runs lines of bash; the first that fails ends them. */
export const runLines = ($: Shell, lines: readonly string[]) => $({ input: `${lines.join('\n')}\n` })`bash -euo pipefail -s`

/** The lines that make a node's namespace, with its settings and no links. */
export function namespaceLines(instance: string, node: NodeSpec): string[] {
  const settings = Object.entries(node.sysctls).map(([key, value]) => `echo ${value} > /proc/sys/${key.replaceAll('.', '/')}`)
  return [
    `ip netns add ${namespaceName(instance, node.name)}`,
    `nsenter --net=${namespaceFile(instance, node.name)} bash -euo pipefail -s <<'SETTINGS'`,
    ...settings,
    'ip link set lo up',
    'SETTINGS',
  ]
}

function linkLines(instance: string, node: NodeSpec, link: LinkSpec): string[] {
  const [near, far] = [namespaceName(instance, node.name), namespaceName(instance, link.peer)]
  const { device, peer, peerDevice, mtuBytes: mtu } = link
  return [
    `ip link add ${device} netns ${near} mtu ${mtu} type veth peer name ${peerDevice} netns ${far} mtu ${mtu}`,
    // Both ends up, then the node's lines, then the peer's: a route wants its device up and its gateway's network there.
    `ip -n ${far} link set ${peerDevice} up`,
    ...ipBatch(instance, node.name, [`link set ${device} up`, ...link.setup]),
    ...ipBatch(instance, peer, link.peerSetup),
  ]
}

/** Lines for `ip -batch` that give a node's end of a link the state in which the node first had it. */
export const cardLines = ({ device, setup }: LinkSpec): string[] => [`link set ${device} down`, `addr flush dev ${device}`, `link set ${device} up`, ...setup]

/** Lines for `ip -batch` in a node, as bash. */
export const ipBatch = (instance: string, node: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`ip -n ${namespaceName(instance, node)} -batch - <<'LINES'`, ...lines, 'LINES']
