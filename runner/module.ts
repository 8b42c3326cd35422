/**
 * The module contract: with nothing else imported, a file under `modules/` (or in a `library` folder beside a playbook) says
 * how to read a piece of state, what it should be, and which writes get it there.
 */
export { z } from 'zod'
export * from './contract/cloud.ts'
export * from './contract/content.ts'
export * from './contract/kinds.ts'
export * as param from './contract/parameter.ts'
export { ControllerDestination, ControllerSource } from './contract/parameter.ts'
export type { ControllerEntry } from './contract/parameter.ts'
export * from './contract/resource.ts'
export * from './contract/step.ts'
export { nearest } from './diagnostic/suggest.ts'
export { RegexError, compilePython } from './value/python-regex.ts'
export type { PythonMatch, PythonRegex } from './value/python-regex.ts'
export { Float } from './value/value.ts'
export { linesOf } from './value/text.ts'
export { quoteWord, splitWords } from './value/words.ts'
