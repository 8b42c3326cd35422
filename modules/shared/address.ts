/** How IP addresses and prefixes are written; whether their numbers are in range is for the program that gets them. */
import { param } from '../../runner/module.ts'
import type { z } from '../../runner/module.ts'

export const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$/
export const PREFIX = /^(?:\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\/\d{1,3})$/

/** A prefix, as programs print it. */
export const prefixParam = (): z.ZodType<string> =>
  param
    .nonEmptyString()
    .refine((text) => PREFIX.test(text), 'not a prefix: an address, a slash and a length')
    .transform((text) => text.toLowerCase())
