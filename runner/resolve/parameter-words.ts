/** What is wrong with a parameter, as a sentence for a person. Schemas that say it themselves keep their own words. */
import type { z } from 'zod'
import { Float } from '../value/value.ts'

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

/** For zod's `error` option; undefined leaves zod's own words. The value itself is never part of them: it may be secret. */
export function parameterWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = TYPES[issue.expected]
      if (wanted === undefined) return undefined
      return issue.input === undefined ? `it is missing, and has to be ${wanted}` : `it has to be ${wanted}, and is ${kindOf(issue.input)}`
    }
    case 'invalid_value':
      return `it has to be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(wordOf).join(', ')}`
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `it has to be ${issue.inclusive === false ? 'more than' : 'at least'} ${String(issue.minimum)}`
      return issue.minimum === 1 ? 'it cannot be empty' : `it needs at least ${String(issue.minimum)} ${unitOf(issue.origin)}`
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `it has to be ${issue.inclusive === false ? 'less than' : 'at most'} ${String(issue.maximum)}`
      return `it has at most ${String(issue.maximum)} ${unitOf(issue.origin)}`
    default:
      return undefined
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean') return 'a boolean'
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Float) return 'a number'
  return typeof value === 'string' ? 'text' : 'a mapping'
}

/** A value that is allowed, in quotes where it would not be seen otherwise. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'items'
}
