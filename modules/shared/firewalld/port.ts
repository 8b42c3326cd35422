/** Ports and ranges of them, as firewalld takes them: `500/udp`, `1000-1010/tcp`. */

const PORT = /^(\d{1,5})(?:-(\d{1,5}))?\/(tcp|udp|sctp|dccp)$/

/** `1000-1000/TCP` is `1000/tcp`. Throws a sentence where it is no port. */
export function canonicalPort(text: string): string {
  const { from, to, protocol } = portRange(text.trim().toLowerCase())
  if (from < 1 || to > 65_535) throw new Error('ports are numbers from 1 to 65535')
  if (from > to) throw new Error('the range begins after its end')
  return from === to ? `${from}/${protocol}` : `${from}-${to}/${protocol}`
}

function portRange(text: string): { from: number; to: number; protocol: string } {
  const match = PORT.exec(text)
  if (!match) throw new Error('a port is PORT/PROTOCOL or FROM-TO/PROTOCOL with the protocol tcp, udp, sctp or dccp')
  return { from: Number(match[1]), to: Number(match[2] ?? match[1]), protocol: match[3]! }
}

/** How much of a range is among others: firewalld joins ranges that it is given, and splits them when a part is removed. */
export function coverage(wanted: string, among: readonly string[]): 'present' | 'absent' | 'partly present' {
  const { from, to, protocol } = portRange(wanted)
  const ranges = among
    .filter((each) => PORT.test(each))
    .map(portRange)
    .filter((each) => each.protocol === protocol && each.from <= to && each.to >= from)
    .sort((a, b) => a.from - b.from)
  if (ranges.length === 0) return 'absent'
  let next = from
  for (const each of ranges) if (each.from <= next) next = Math.max(next, each.to + 1)
  return next > to ? 'present' : 'partly present'
}
