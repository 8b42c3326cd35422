/**
 * The few shell scripts that may be run as queries. They never change; what varies are their arguments, which a shell takes
 * as words and patterns and never as commands. Each saves a host many processes, or tells what no program alone tells.
 */
import type { QueryRead } from './resource.ts'

/** Patterns become paths; unmatched ones stay as they are and name nothing. `grep` puts a file's path before each line. */
const LINES = `exec grep -asH '' -- $*`
/** What kind of file each path is, and where links lead. */
const KINDS = `exec stat -c '%F %N' -- $*`
/** The environment that the shell was started with, before it set anything itself. */
const ENVIRONMENT = 'exec cat "/proc/$PPID/environ"'
/** The host's own name by way of its address, as resolvers see it. */
const OWN_NAME = 'set -- $(getent ahosts "$(uname -n)"); [ -n "$1" ] && exec getent hosts "$1"'
/** Who is logged in, by name, and what the user database says of that name, or of the number. */
const OWN_USER =
  'n=${LOGNAME:-${USER:-${LNAME:-$USERNAME}}}; printf "%s\\n" "$n"; [ -n "$n" ] && getent passwd "$n" || getent passwd "$(id -u)" || grep "^[^:]*:[^:]*:$(id -u):" /etc/passwd'
/** The version of the first of some interpreters that is there, and its path. */
const FIRST_VERSION = 'for p; do [ -x "$p" ] && v=$("$p" --version 2>&1) && printf "%s\\n%s\\n" "$p" "$v" && exit; done; exit 1'
/**
 * Local facts: a folder's files `*.fact`. Programs among them are run: they were put there to answer. Before each file's output
 * stands a NUL, its path, a NUL, `x` for a program, a NUL; after it a NUL, the exit code, a NUL. On standard error: a NUL, the path, a NUL.
 */
const LOCAL_FACTS =
  'for f in "$1"/*.fact; do [ -e "$f" ] || continue; printf "\\000%s\\000" "$f" >&2; if [ -f "$f" ] && [ -x "$f" ]; then printf "\\000%s\\000x\\000" "$f"; ( exec "$f" ) </dev/null; else printf "\\000%s\\000r\\000" "$f"; cat "$f" 2>/dev/null; fi; printf "\\000%s\\000" $?; done'

/** How a program ended that was left to itself: its exit code, when it began and ended, whether its time was over. */
const JOB_END =
  'cd ~/.ansible_async/"$1" 2>/dev/null || exit 3; [ -f rc ] || exit 4; [ -e overdue ] && o=overdue; printf "%s %s %s %s\\n" "$(cat rc)" "$(cat started)" "$(cat ended)" "$o"'
/** What such a program wrote to one of its streams. */
const JOB_STREAM = 'exec cat ~/.ansible_async/"$1/$2"'

/** Every script that a query may run. */
export const READING_SCRIPTS: ReadonlySet<string> = new Set([LINES, KINDS, ENVIRONMENT, OWN_NAME, OWN_USER, FIRST_VERSION, LOCAL_FACTS, JOB_END, JOB_STREAM])

/** Above this, what files hold is an error. */
const MAX_BYTES = 16 * 1024 * 1024

function script(text: string, args: readonly string[], more: Partial<QueryRead> = {}): QueryRead {
  return { kind: 'query', argv: ['sh', '-c', text, 'sh', ...args], ...more }
}

/** `PATH:LINE` for each line of the files that match; what is not there or may not be read is left out. */
export const linesOf = (patterns: readonly string[]): QueryRead => script(LINES, patterns, { okExitCodes: [0, 1, 2], maxBytes: MAX_BYTES })

/** `TYPE 'PATH'` or `symbolic link 'PATH' -> 'TARGET'` for each path that matches. */
export const kindsOf = (patterns: readonly string[]): QueryRead => script(KINDS, patterns, { okExitCodes: [0, 1], maxBytes: MAX_BYTES })

/** `NAME=VALUE`, each ended by a NUL. */
export const environment = (): QueryRead => script(ENVIRONMENT, [], { okExitCodes: [0, 1] })

/** A line as of a hosts file: the address, the canonical name, its aliases. */
export const ownName = (): QueryRead => script(OWN_NAME, [], { okExitCodes: [0, 1, 2, 127] })

/** A line with the name that the environment gives, empty where it gives none, and a line as of a passwd file. */
export const ownUser = (): QueryRead => script(OWN_USER, [], { okExitCodes: [0, 1, 2, 127] })

/** The path and, from the second line on, what it prints for `--version`. */
export const firstVersion = (programs: readonly string[]): QueryRead => script(FIRST_VERSION, programs, { okExitCodes: [0, 1] })

/** See `LOCAL_FACTS`. */
export const localFacts = (folder: string): QueryRead => script(LOCAL_FACTS, [folder], { maxBytes: MAX_BYTES })

/** A line `EXITCODE STARTED ENDED`, in seconds since 1970, with `overdue` behind it where its time was over. Exit code 3: there is no such job; 4: it runs. */
export const jobEnd = (id: string): QueryRead => script(JOB_END, [id], { okExitCodes: [0, 3, 4] })

/** What a job has written to `stdout` or `stderr`. */
export const jobStream = (id: string, stream: 'stdout' | 'stderr'): QueryRead => script(JOB_STREAM, [id, stream], { maxBytes: MAX_BYTES })
