import type { Filter } from '../run/operation.ts'

export const COLLECTION_FILTERS: readonly Filter[] = []
