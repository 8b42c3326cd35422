import type { Filter } from '../run/operation.ts'

export const DICT_FILTERS: readonly Filter[] = []
