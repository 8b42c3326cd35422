import type { Filter } from '../run/operation.ts'

export const HASH_FILTERS: readonly Filter[] = []
