import type { Test } from '../run/operation.ts'

export const NETWORK_TESTS: readonly Test[] = []
