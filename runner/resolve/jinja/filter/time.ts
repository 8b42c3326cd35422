import type { Filter } from '../run/operation.ts'

export const TIME_FILTERS: readonly Filter[] = []
