import type { Filter } from '../run/operation.ts'

export const REGEX_FILTERS: readonly Filter[] = []
