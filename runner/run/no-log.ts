/** What of the outcome of a task with `no_log` is a secret wherever else it stands. */
import { Dict, type Value } from '../value/value.ts'
import type { Outcome } from './outcome.ts'

/** Texts from this length on are masked elsewhere. */
const MIN_SECRET_LENGTH = 4

/** Keys of results and of items under which no secret stands, at any depth. */
const SHOWN_FREELY: ReadonlySet<Value> = new Set(
  [
    'dest path src mode owner group state checksum md5sum remote_checksum changed failed rc msg size uid gid elapsed ansible_included_var_files',
    // Conditions, as they are written.
    'assertion skip_reason false_condition failed_when_result changed_when_result',
    // Of accounts and files.
    'name user pw_name gr_name shell home groups system port host mimetype charset version',
    // It holds no texts: see `showsDiff`.
    'diff',
    // What the runner itself writes: names of variables and jobs.
    'ansible_loop_var ansible_index_var ansible_job_id results_file',
  ].flatMap((line) => line.split(' ')),
)

/** Words that say nothing by themselves: hiding them in what other tasks tell would only garble it. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(
  'true false none null default present absent latest started stopped restarted reloaded enabled disabled file directory link touch value'.split(' '),
)

/** What a task with `no_log`, or an item of its loop, may have brought to light. */
export function secretsOf({ data }: Outcome, item?: Value): Value[] {
  return [...telling(data), ...(item === undefined ? [] : telling(item))]
}

/** Texts that may tell something: a number or a few characters are everywhere, and hiding them would only garble the report. */
function telling(value: Value, key?: Value): Value[] {
  if (key === 'cmd' && Array.isArray(value)) return value.slice(1).flatMap((word) => telling(word))
  if (Array.isArray(value)) return value.flatMap((item) => telling(item))
  // Of variables that a task sets the name tells nothing.
  if (value instanceof Dict) return [...value].flatMap(([name, item]) => (key !== 'ansible_facts' && SHOWN_FREELY.has(name) ? [] : telling(item, name)))
  return typeof value === 'string' && value.trim().length >= MIN_SECRET_LENGTH && !PLAIN_WORDS.has(value.trim().toLowerCase()) ? [value] : []
}
