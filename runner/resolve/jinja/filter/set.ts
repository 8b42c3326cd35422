import type { Filter } from '../run/operation.ts'

export const SET_FILTERS: readonly Filter[] = []
