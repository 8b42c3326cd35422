import type { Filter } from '../run/operation.ts'

export const NETWORK_FILTERS: readonly Filter[] = []
