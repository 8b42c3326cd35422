/** What bounds the shell protocol, in one place. */

/** A query without a limit of its own. */
export const QUERY_TIMEOUT_MS = 30_000
export const QUERY_MAX_BYTES = 4 * 1024 * 1024

/** A file whose bytes are wanted; above this only its digest is read. */
export const FILE_MAX_BYTES = 1024 * 1024
/** All files of one group together: long enough for a digest of some gigabytes. */
export const FILE_GROUP_TIMEOUT_MS = 120_000
/** Files that share one stat, one sha256sum and one cat: far below the kernel's limit on a command line. */
export const FILE_GROUP_MAX_PATHS = 100
export const FILE_GROUP_MAX_PATH_BYTES = 64 * 1024

/** What a reply may exceed its limit by and still be read to its end (and dropped); beyond that the program is killed. */
export const RUNAWAY_BYTES = 16 * 1024 * 1024
/** What stands around the replies: stat lines, digests, error messages. */
export const FRAME_MAX_BYTES = 1024 * 1024

/** A step without a limit of its own; also the limit of a put. */
export const RUN_TIMEOUT_MS = 600_000
/** A program's standard output or standard error. */
export const RUN_MAX_BYTES = 64 * 1024 * 1024

/** From the request for a shell to its first word: sudo may ask a directory service on the way. */
export const SHELL_START_TIMEOUT_MS = 30_000
/** For a second channel to end what hangs on the first. */
export const KILL_TIMEOUT_MS = 10_000
/** For a channel to close by itself after its last word. */
export const CHANNEL_CLOSE_TIMEOUT_MS = 500
