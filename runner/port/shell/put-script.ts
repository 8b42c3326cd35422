/**
 * The script that replaces a file. The content follows it on standard input, to its end; the digest in the script tells
 * whether all of it came. Until the rename, whatever goes wrong (a full disk, a signal, a connection that dies) leaves the
 * old file as it was and takes the temporary one away.
 */
import { randomBytes } from 'node:crypto'
import { WITH_SBIN } from './path.ts'
import { quote } from './quote.ts'

export interface Replacement {
  readonly path: string
  readonly sha256: string
  /** Octal. */
  readonly mode: string
  /** Undefined: of who writes. */
  readonly owner: string | undefined
  readonly group: string | undefined
  readonly validate: readonly string[] | undefined
}

/**
 * To be sent after `startMarks`. It ends with one frame whose word is `done`, `validate CODE`, `directory` (the target is one), `nofolder`, `cut` (not all
 * content came), or `failed` (standard error says why).
 */
export function putScript(replacement: Replacement): string {
  const target = replacement.path.startsWith('/') ? replacement.path : `./${replacement.path}`
  const parent = target.slice(0, target.lastIndexOf('/') + 1)
  const temporary = `${parent}.playline-${randomBytes(12).toString('hex')}`
  const { owner, group, mode, validate } = replacement
  const owners = group === undefined ? (owner ?? '') : `${owner ?? ''}:${group}`
  return `over() { [ "$1" = done ] || rm -f "$w"; printf '%s %s\\n' "$N" "$1"; printf '%s\\n' "$N" >&2; exit 0; }
t=${quote(target)}
w=${quote(temporary)}
export LC_ALL=C
${WITH_SBIN}
[ -d ${quote(parent)} ] || over nofolder
if [ -d "$t" ] && [ ! -L "$t" ]; then over directory; fi
umask 077
trap 'rm -f "$w"' EXIT
trap 'exit 1' HUP INT TERM PIPE
set -C
cat >"$w" || over failed
exec </dev/null
d=$(sha256sum <"$w") || over failed
[ "\${d%% *}" = ${replacement.sha256} ] || over cut
${owners === '' ? '' : `chown ${quote(owners)} "$w" || over failed\n`}chmod ${quote(mode)} "$w" || over failed
${validate === undefined ? '' : `( exec ${validateWords(validate)} ) || over "validate $?"\n`}sync "$w" 2>/dev/null
mv -fT "$w" "$t" 2>/dev/null || {
  # An mv without -T; or busybox's, which takes a link to a folder for the folder.
  if [ -L "$t" ] && [ -d "$t" ]; then rm -f "$t"; fi
  if [ -d "$t" ]; then over directory; fi
  mv -f "$w" "$t" || over failed
}
trap - EXIT
over done
`
}

/** `%s` becomes the temporary file, also inside a longer argument. */
function validateWords(argv: readonly string[]): string {
  return argv
    .map(
      (word) =>
        word
          .split('%s')
          .map((part) => (part === '' ? '' : quote(part)))
          .join('"$w"') || "''",
    )
    .join(' ')
}
