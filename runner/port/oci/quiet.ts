/** The SDK writes each error that a service answers, be it a 404, to the terminal as well, and has no switch for it. */

const SDK_WARNINGS = /^(?:Request cannot be retried\.|All retry attempts have exhausted\.|Request failed with Exception)/

let running = 0
let original: typeof console.warn = console.warn

/** Runs work of the SDK; its warnings about requests, which are told as errors, are dropped meanwhile. All others pass. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) {
    original = console.warn
    console.warn = (...words: unknown[]) => {
      if (typeof words[0] !== 'string' || !SDK_WARNINGS.test(words[0])) original(...words)
    }
  }
  try {
    return await work()
  } finally {
    if (--running === 0) console.warn = original
  }
}
