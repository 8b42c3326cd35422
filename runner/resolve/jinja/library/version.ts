/** Versions in order, as Python's LooseVersion and StrictVersion, semantic versioning and PEP 440 have it. */
import { compareText } from '../../../value/text.ts'
import { refuseValue } from '../runtime/callable.ts'

/** The order of two versions. @param type `loose`, `strict`, `semver`, `semantic` or `pep440`. */
export function compareVersions(a: string, b: string, type: string): number {
  switch (type) {
    case 'loose':
      return compareParts(looseParts(a), looseParts(b))
    case 'strict':
      return compareStrict(a, b)
    case 'semver':
    case 'semantic':
      return compareSemantic(a, b)
    case 'pep440':
      return comparePep440(a, b)
    default:
      return refuseValue(`Invalid version type (${type}). Must be one of loose, strict, semver, semantic, pep440`)
  }
}

type Part = number | string

function looseParts(version: string): Part[] {
  return (version.match(/\d+|[a-z]+|[^\da-z.]+|\.(?=\.|$)/g) ?? []).filter((part) => part !== '.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

function compareParts(a: readonly Part[], b: readonly Part[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index]!, b[index]!]
    if (left === right) continue
    if (typeof left !== typeof right) {
      const [x, y] = typeof left === 'number' ? ['int', 'str'] : ['str', 'int']
      return refuseValue(`Version comparison failed: '<' not supported between instances of '${x}' and '${y}'`)
    }
    return typeof left === 'number' ? left - (right as number) : compareText(left, right as string)
  }
  return a.length - b.length
}

function compareStrict(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => {
    const found = /^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$/.exec(version)
    if (found === null) return refuseValue(`Version comparison failed: invalid version number '${version}'`)
    const [, major, minor, patch = '0', pre, number] = found
    return { release: [Number(major), Number(minor), Number(patch)], pre: pre === undefined ? null : ([pre, Number(number)] as Part[]) }
  })
  const byRelease = compareParts(left!.release, right!.release)
  if (byRelease !== 0) return byRelease
  if (left!.pre === null || right!.pre === null) return (left!.pre === null ? 1 : 0) - (right!.pre === null ? 1 : 0)
  return compareParts(left!.pre, right!.pre)
}

const SEMANTIC = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

function compareSemantic(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => {
    const found = SEMANTIC.exec(version)
    if (found === null) return refuseValue(`Version comparison failed: invalid semantic version '${version}'`)
    return { release: found.slice(1, 4).map(Number), pre: found[4]?.split('.') }
  })
  const byRelease = compareParts(left!.release, right!.release)
  if (byRelease !== 0) return byRelease
  const [x, y] = [left!.pre, right!.pre]
  if (x === undefined || y === undefined) return (x === undefined ? 1 : 0) - (y === undefined ? 1 : 0)
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const [one, other] = [x[index]!, y[index]!]
    if (one === other) continue
    const [isNumber, isOtherNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)]
    if (isNumber && isOtherNumber) return Number(one) - Number(other)
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
    return compareText(one, other)
  }
  return x.length - y.length
}

const PEP440 =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i

function comparePep440(a: string, b: string): number {
  return compareParts(pep440Key(a), pep440Key(b))
}

/** A list of numbers, and at last text, that orders versions. */
function pep440Key(version: string): Part[] {
  const found = PEP440.exec(version.trim())
  if (found === null) return refuseValue(`Version comparison failed: Invalid version: '${version}'`)
  const [whole, epoch = '0', release = '', pre, preNumber = '', postDash, postNumber, dev, devNumber = '', local = ''] = found
  const hasPost = postDash !== undefined || postNumber !== undefined || /post|rev|r\d*$/i.test(whole.replace(/rc/i, ''))
  const isDev = dev !== undefined
  const releaseParts = release
    .replace(/(?:\.0)+$/, '')
    .split('.')
    .map(Number)
  // Releases are padded so that those with fewer parts compare as if they ended in zeros.
  const padded = Array.from({ length: 20 }, (_, index) => releaseParts[index] ?? 0)
  const letter = pre?.toLowerCase()
  const preRank = letter === undefined ? (isDev && !hasPost ? -1 : 3) : /^a/.test(letter) ? 0 : /^b/.test(letter) ? 1 : 2
  const post = hasPost ? Number(postDash ?? (postNumber || '0')) + 1 : 0
  return [Number(epoch), ...padded, preRank, Number(preNumber || '0'), post, isDev ? Number(devNumber || '0') : Infinity, local]
}
