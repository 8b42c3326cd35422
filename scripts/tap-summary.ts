/** Counts the assertions in a TAP document (testanything.org, version 14: subtests are indented by four spaces). */

export interface TapSummary {
  /** Test files: the points at the outermost level. */
  readonly files: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What was skipped, and why. */
  readonly skips: readonly string[]
}

/** A point that closes a subtest sums up what was counted inside, so only points without a subtest before them count. */
export function summarize(tap: string): TapSummary {
  let files = 0
  let passed = 0
  let failed = 0
  const skips: string[] = []
  /** The indentation of the last point seen; deeper points before a point belong to it. */
  let inner = -1
  for (const line of tap.split('\n')) {
    const match = /^( *)(not ok|ok) \d+(?: - )?(.*)$/.exec(line)
    if (!match) continue
    const depth = match[1]!.length
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
    else if (!/ # (?:TODO|todo)\b/.test(line)) failed++
  }
  return { files, passed, failed, skipped: skips.length, skips }
}
