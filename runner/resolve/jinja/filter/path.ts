import type { Filter } from '../run/operation.ts'

export const PATH_FILTERS: readonly Filter[] = []
