/** The page of `docs/` that lists the filters, tests and lookups of templates. */
import { FILTERS } from '../runner/resolve/jinja/filter/index.ts'
import { TESTS } from '../runner/resolve/jinja/test/index.ts'
import { LOOKUP_NAMES } from '../runner/resolve/lookup/index.ts'
import { cell, GENERATED } from './markdown.ts'

type Entries = readonly { readonly operation: { readonly name: string; readonly signature: string; readonly summary: string }; readonly collection: string }[]

export function templatesPage(): string {
  return [
    GENERATED,
    '# Filters, tests and lookups',
    '',
    'Each is found by its short name and by the name of its collection in front; what Jinja2 itself brings only by its short name. Any other is',
    'refused before the first connection, with its position:',
    "`there is no filter 'NAME'`, `there is no test 'NAME'`, `there is no lookup 'NAME'`, and the nearest name that there is. So is `lipsum()`.",
    '',
    ...section('Filters', FILTERS.entries),
    ...section('Tests', TESTS.entries),
    '## Lookups',
    '',
    'By `lookup`, `query` and `q`, and as loops by `with_NAME`:',
    '',
    LOOKUP_NAMES.map((name) => `\`${name}\``).join(', ') + '.',
    '',
  ].join('\n')
}

function section(title: string, entries: Entries): string[] {
  const rows = entries
    .toSorted((a, b) => (a.operation.name < b.operation.name ? -1 : 1))
    .map(
      ({ operation, collection }) =>
        `| \`${cell(operation.name + (operation.signature === '' ? '' : `(${operation.signature})`))}\` | ${collection} | ${cell(operation.summary)} |`,
    )
  return [`## ${title}`, '', '| name and parameters | collection | |', '| --- | --- | --- |', ...rows, '']
}
