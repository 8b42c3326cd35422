import type { Filter } from '../run/operation.ts'

export const QUERY_FILTERS: readonly Filter[] = []
