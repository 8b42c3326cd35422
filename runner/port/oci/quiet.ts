/** The SDK writes each error that a service answers, be it a 404, to the terminal as well, and has no switch for it. */

const SDK_WORDS =
  /^(?:Request cannot be retried\.|All retry attempts have exhausted\.|Request failed with Exception|Failed to fetch the token from auth server|Retrying the request\.\.\.|Retry attempts exhausted!)/

let running = 0
let restore = (): void => {}

/** Runs work of the SDK; its words about requests, which are told as errors, are dropped meanwhile. All others pass. */
export async function quietly<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) {
    const { log, warn } = console
    console.log = unlessOfSdk(log)
    console.warn = unlessOfSdk(warn)
    restore = () => Object.assign(console, { log, warn })
  }
  try {
    return await work()
  } finally {
    if (--running === 0) restore()
  }
}

const unlessOfSdk =
  (write: typeof console.log): typeof console.log =>
  (...words: unknown[]) => {
    if (typeof words[0] !== 'string' || !SDK_WORDS.test(words[0])) write(...words)
  }
