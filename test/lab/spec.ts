/** The description from which an instance is made: nothing here knows which kernel runs it. */

/** `debian` is the root as it is; `el` is the same root seen as Enterprise Linux 8: dnf and yum, no apt, no dpkg. */
export type HostKind = 'debian' | 'el'

/** A veth pair between a node and a router or host that was described before it. */
export interface LinkSpec {
  /** The device's name in the node itself. */
  readonly device: string
  readonly peer: string
  readonly peerDevice: string
  readonly mtuBytes: number
  /** Lines for `ip -batch` in the node, once the devices of both ends are up. */
  readonly setup: readonly string[]
  /** Lines for `ip -batch` in the peer, after those of the node. */
  readonly peerSetup: readonly string[]
}

/** A network namespace with something to say about packets. */
export interface NodeSpec {
  readonly name: string
  readonly sysctls: Readonly<Record<string, string>>
  readonly links: readonly LinkSpec[]
}

/** A node without processes: it forwards, bridges and translates addresses. */
export interface RouterSpec extends NodeSpec {
  /** Lines for `ip -batch`, before any link is made. */
  readonly setup: readonly string[]
  /** A ruleset for `nft -f`. */
  readonly ruleset?: string
}

/** A file that is put into a host before it boots. */
export interface FileSpec {
  readonly path: string
  readonly content: string
  /** Default 0644. */
  readonly mode?: number
  /** As chown(1) in the host takes it. Default: root's. */
  readonly owner?: string
}

/** A machine: systemd, sshd and a file system of its own. */
export interface HostSpec extends NodeSpec {
  readonly kind: HostKind
  /** `oracle` is the layer with libreswan and frr already installed. */
  readonly layer?: 'oracle'
  /** The address that the controller reaches; what ssh connects to. */
  readonly address: string
  /** Other names and addresses for which the host key is to be known. */
  readonly aliases: readonly string[]
  /** systemd units to enable, with extension. */
  readonly enabledUnits: readonly string[]
  /** Units that have to be active before `up` is done. */
  readonly activeUnits: readonly string[]
  readonly files: readonly FileSpec[]
  /** Whose host key it has: hosts that take turns at one address share one. Default: the host's name. */
  readonly hostKey?: string
}

/** On which kernel hosts are: the machine's own, or one that has ESP (RFC 4303) and VTI, be it in a virtual machine. */
export type KernelWish = 'own' | 'esp'

/** A whole instance. Each list is made in its order, routers first; a link's peer must come before the link. */
export interface InstanceSpec {
  readonly instance: string
  readonly routers: readonly RouterSpec[]
  readonly hosts: readonly HostSpec[]
  readonly kernel: KernelWish
}
