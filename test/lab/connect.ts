/** The program that carries one TCP connection from the machine into an instance: an ssh ProxyCommand. */

import { join } from 'node:path'
import { cacheDir, labCgroup } from './paths.ts'
import { replaceFile } from './files.ts'

/** `connect INSTANCE HOST PORT`; the host by address, or by name when it is up. */
export const connectFile: string = join(cacheDir, 'bin', 'connect')

/** Puts the program in its place; done by every `up`. */
export const writeConnect = (): void => replaceFile(connectFile, connectScript(), 0o755)

// socat and not nc: it sends small packets at once, which saves 40 ms a round trip, and it passes on a half-close.
const connectScript = (): string => `#!/bin/sh
# Usage: connect INSTANCE HOST PORT
# Pipes standard input and output to a TCP port, from the network namespace of the lab's controller.
# Written by "npm run lab -- up"; a change here does not last.
namespace=/run/netns/pl-$1-controller
if [ ! -e "$namespace" ]; then
  echo "connect: the lab \\"$1\\" is not up: say \\"npm run lab -- up\\" first" >&2
  exit 3
fi
# In a cgroup of the lab, so that "down" ends this connection too.
echo $$ > "${labCgroup()}/$1/visitors/cgroup.procs"
address=/run/playline-lab/$1/hosts/$2/address
if [ -r "$address" ]; then host=$(cat "$address"); else host=$2; fi
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
exec nsenter "--net=$namespace" socat -t 30 - "TCP4:$host:$3,nodelay,keepalive,connect-timeout=20"
`
