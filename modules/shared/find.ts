/** Ages, sizes and patterns of names, as `find` takes them. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Seconds of `5d` or `-90`; undefined where it is no age. */
export function ageSeconds(text: string): number | undefined {
  return measure(text, SECONDS)
}

/** Bytes of `10m` or `-1g`; undefined where it is no size. */
export function sizeBytes(text: string): number | undefined {
  return measure(text, BYTES)
}

function measure(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^(-?\d+)([a-z])?$/.exec(text.toLowerCase())
  const unit = found?.[2] === undefined ? 1 : units[found[2]]
  return found && unit !== undefined ? Number(found[1]) * unit : undefined
}

/** A pattern with `*`, `?` and `[…]`, as Python's fnmatch takes it, as a regular expression for a whole name. */
export function globToPattern(glob: string): string {
  let pattern = ''
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at]!
    if (character === '*') pattern += '.*'
    else if (character === '?') pattern += '.'
    else if (character === '[') {
      // A bracket right after the opening (or after !) stands for itself.
      let end = at + 1
      if (glob[end] === '!') end++
      if (glob[end] === ']') end++
      end = glob.indexOf(']', end)
      if (end < 0) pattern += '\\['
      else {
        const set = glob.slice(at + 1, end).replaceAll('\\', '\\\\')
        pattern += `[${set.startsWith('!') ? `^${set.slice(1)}` : set.replace(/^([\^[])/, '\\$1')}]`
        at = end
      }
    } else pattern += /[A-Za-z0-9_]/.test(character) ? character : `\\${character}`
  }
  return pattern
}
