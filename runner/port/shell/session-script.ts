/**
 * What the persistent shell is told once, when it starts. Afterwards a read is one line: the name of a function and its
 * arguments. Only builtins and `stat`, `sha256sum`, `cat`, `head` and `readlink` are used, as dash, bash and busybox have them.
 *
 * A reply is one or more frames on standard output (`frames.ts`) and one frame on standard error.
 */
import { WITH_SBIN } from './path.ts'

/** `%f` is type and mode in hex. Fields cannot hold a colon: names of users and groups have none. */
const STAT_FORMAT = '%f:%s:%u:%g:%h:%X:%Y:%U:%G'

/** To be sent after `startMarks`. */
export const SESSION_SCRIPT = `
export LC_ALL=C
${WITH_SBIN}
set -f

# E WORD: ends a frame. X: ends the frame of standard error.
E() { printf '%s %s\\n' "$N" "$1"; }
X() { printf '%s\\n' "$N" >&2; }

# Q ARGV: a query. exec in a subshell takes no builtin and no function for a program.
Q() { ( exec "$@" ); E $?; X; }

# O KIND MAX PATH: one file. Frames: the stat line (or '!' and why not); then the target of a link, the bytes or the digest.
O() {
s=$(stat -c '${STAT_FORMAT}' "$3" 2>&1) || { E "!\${s##*: }"; X; return; }
printf '%s' "$s"; E 0
case $s in
a*) readlink "$3"; E $? ;;
8*)
  z=\${s#*:}; z=\${z%%:*}
  case $1 in
  d) sha256sum <"$3"; E $? ;;
  b) if [ "$z" -le "$2" ]; then head -c $(($2 + 1)) <"$3"; else sha256sum <"$3"; fi; E $? ;;
  esac ;;
esac
X
}

# G PATHS, with K='KIND KIND …' (n, d, or b and the limit): many files with one stat, one sha256sum, one cat. Frames:
# 1. a line a path: '=' there, '-' absent, '!' and why it cannot be told. Where nothing is there, that is all.
# 2. a stat line for each that is there. 3. a frame for each link among them: its target.
# 4. empty; its word says for each that is there: l link, n nothing to read, x not readable, d digest, b bytes (and digest).
# 5. where there is d or b: their digests. 6. the bytes of all b, one after the other.
G() {
IFS=' '; k=
for w in $K; do
  p=$1; shift
  if [ -e "$p" ] || [ -L "$p" ]; then echo =; k="$k$w "; set -- "$@" "$p"
  else
    d=\${p%/*}
    if [ -d "\${d:-/}" ] && [ -x "\${d:-/}" ]; then echo -
    else s=$(stat -c %f "$p" 2>&1); printf '!%s\\n' "\${s##*: }"; fi
  fi
done
E 0
[ $# -gt 0 ] || { X; return; }
s=$(stat -c '${STAT_FORMAT}' "$@" 2>/dev/null); printf '%s\\n' "$s"; E 0
IFS='
'; q=; j=
for e in $s; do
  w=\${k%% *}; k=\${k#* }; p=$1; shift
  case $e in
  a*) q=\${q}l; readlink "$p"; E 0 ;;
  8*)
    if [ "$w" = n ]; then q=\${q}n
    elif [ ! -r "$p" ]; then q=\${q}x
    else
      set -- "$@" "$p"; z=\${e#*:}; z=\${z%%:*}
      if [ "$w" != d ] && [ "$z" -le "\${w#b}" ]; then q=\${q}b; j="\${j}b "; else q=\${q}d; j="\${j}d "; fi
    fi ;;
  *) q=\${q}n ;;
  esac
done
E "$q"
if [ -n "$j" ]; then
  sha256sum "$@"; E 0
  IFS=' '
  for w in $j; do p=$1; shift; [ $w = d ] || set -- "$@" "$p"; done
  if [ $# -gt 0 ]; then cat "$@"; fi; E 0
fi
X
}
`
