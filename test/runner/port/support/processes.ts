import { execFileSync } from 'node:child_process'

/** Command lines of living processes that hold these words. */
export function processesWith(words: string): string[] {
  return execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(words) && !line.startsWith('Z'))
}

/** Whether all processes with these words end by themselves within a second: who was killed needs a moment to be reaped. */
export async function allGone(words: string): Promise<boolean> {
  return eventually(() => processesWith(words).length === 0)
}

/** Looks again, every 20 ms and for two seconds, until something holds. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 100; turn++) {
    if (holds()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

let next = 0

/** A time for `sleep` that no other process has, so that it can be found. */
export function uniqueSeconds(): string {
  return `7${process.pid}.${next++}`
}
