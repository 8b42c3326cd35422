import type { Filter } from '../run/operation.ts'

export const RANDOM_FILTERS: readonly Filter[] = []
