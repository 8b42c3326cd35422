/** `json_query`. */
import { searchJmespath } from '../library/jmespath.ts'
import { filter } from '../runtime/operation.ts'
import type { Filter } from '../runtime/operation.ts'

export const QUERY_FILTERS: readonly Filter[] = [
  filter('json_query(expr)', 'What a JMESPath expression finds.', (input, args) => searchJmespath(args.text('expr'), input)),
]
