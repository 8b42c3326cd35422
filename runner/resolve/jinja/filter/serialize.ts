import type { Filter } from '../run/operation.ts'

export const SERIALIZE_FILTERS: readonly Filter[] = []
