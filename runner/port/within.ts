/** Node's timers go off at once above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The outcome of a promise, or undefined where it took longer. A later rejection of it is nobody's concern then. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.min(limitMs, LONGEST_TIMER_MS), undefined)
  })
  promise.catch(() => {})
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}
