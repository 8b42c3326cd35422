/** Local commands, by zx: each joins the cgroup of the instance it works for, and each has a limit on its time. */

import { $ as zx, type Shell } from 'zx/core'
import { joinCgroup } from './cgroup.ts'

const commandTimeout = '60s'

/**
 * Debian's own programs, whatever comes first in a developer's PATH: mmdebstrap starts python3 once per package, and a
 * version manager's stand-in for it makes a build slower, or breaks it.
 */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The environment for commands: messages are parsed and shown, so in one language. */
export const toolEnv: NodeJS.ProcessEnv = { ...process.env, PATH: toolPath, LC_ALL: 'C.UTF-8' }

/** zx's `$`; a killed `up` leaves its commands in `cgroup`, where `down` ends them. */
export const shellIn = (cgroup: string | undefined): Shell =>
  zx({
    prefix: `set -euo pipefail; ${cgroup ? `${joinCgroup(cgroup)}; ` : ''}`,
    timeout: commandTimeout,
    env: toolEnv,
    quiet: true,
  })
