/** Waiting for a condition, always with a bound. */

import { setTimeout as delay } from 'node:timers/promises'
import { LabError } from './errors.ts'

const pollMs = 20

/**
 * Asks again and again until `condition` gives a truthy value, which is returned.
 * @param what completes the sentence "waited 5 s for …"
 * @param hint what a person can look at when the time is up
 */
export async function until<T>(what: string, timeoutMs: number, condition: () => T | Promise<T>, hint?: () => string): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadlineMs) {
      throw new LabError(`waited ${timeoutMs / 1000} s for ${what}${hint ? `\n${hint()}` : ''}`)
    }
    await delay(pollMs)
  }
}
