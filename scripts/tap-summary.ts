/** Counts the assertions in a TAP document (testanything.org, version 14: subtests are indented by four spaces). */

export interface TapSummary {
  /** Test files: the points at the outermost level. */
  readonly files: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What was skipped, and why. */
  readonly skips: readonly string[]
  /** What failed: the subtests it stands in, its name, and the first lines of what tap says of it. */
  readonly failures: readonly string[]
}

const DIAGNOSTIC_LINES = 8

/**
 * A point that closes a subtest sums up what was counted inside, so it counts only where it failed and nothing inside did (a
 * time limit, a process that died).
 */
export function summarize(tap: string): TapSummary {
  let files = 0
  let passed = 0
  const skips: string[] = []
  const failures: string[] = []
  /** The names of the subtests around a line, the outermost first. */
  const around: string[] = []
  /** The indentation of the last point seen; deeper points before a point belong to it. */
  let inner = -1
  /** By depth: whether something inside the point that is still to come has failed. */
  const failedInside = new Array<boolean>(32).fill(false)
  /** Lines still taken into the last failure. */
  let wanted = 0
  for (const line of tap.split('\n')) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(line)
    if (subtest) around.splice(subtest[1]!.length / 4, Infinity, subtest[2]!)
    const match = /^( *)(not ok|ok) \d+(?: - )?(.*)$/.exec(line)
    if (!match) {
      if (wanted-- > 0 && /\S/.test(line) && !/^ *(?:---|\.\.\.|# Subtest.*)$/.test(line)) failures.push(`${failures.pop()!}\n${line}`)
      continue
    }
    wanted = 0
    const depth = match[1]!.length / 4
    const told = failedInside[depth]
    failedInside[depth] = false
    const text = match[3]!.replace(/\s*[#{].*$/, '')
    if (depth === 0) files++
    const closes = inner > depth
    inner = depth
    const skip = / # (?:SKIP|skip)(?: (.*))?$/.exec(line)
    if (skip) {
      skips.push(`${text}${skip[1] === undefined ? '' : `: ${skip[1]}`}`)
      continue
    }
    if (closes && match[2] === 'ok') continue
    if (match[2] === 'ok') passed++
    else if (!/ # (?:TODO|todo)\b/.test(line) && !told) {
      failures.push([...around.slice(0, depth), text].join(' > '))
      wanted = DIAGNOSTIC_LINES
      failedInside.fill(true, 0, depth)
    }
  }
  return { files, passed, failed: failures.length, skipped: skips.length, skips, failures }
}
