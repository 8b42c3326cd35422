/** What the kernel under the lab can do for IPsec. Asked by trying, in a namespace that ends with the question. */

import type { Shell } from 'zx/core'

/** ESP carries the tunnels' packets; VTI is the interface that the article routes them through. */
export interface IpsecSupport {
  readonly hasEsp: boolean
  readonly hasVti: boolean
}

export async function probeIpsec($: Shell): Promise<IpsecSupport> {
  const key = `0x${'00'.repeat(36)}`
  const $try = $({ nothrow: true })
  const [esp, vti] = await Promise.all([
    $try`unshare --net ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode tunnel aead ${'rfc4106(gcm(aes))'} ${key} 128`,
    $try`unshare --net ip link add vti9 type vti local 192.0.2.1 remote 192.0.2.2 key 9`,
  ])
  return { hasEsp: esp.exitCode === 0, hasVti: vti.exitCode === 0 }
}

/** Whether the article's tunnels can carry packets. */
export const carriesTunnels = ({ hasEsp, hasVti }: IpsecSupport): boolean => hasEsp && hasVti

/** The same for a person. */
export function describeIpsec(support: IpsecSupport): string {
  if (carriesTunnels(support)) return 'this kernel has ESP and VTI: the tunnels can carry packets'
  return `this kernel has no ${[!support.hasEsp && 'ESP', !support.hasVti && 'VTI'].filter(Boolean).join(' and no ')}`
}
