/** Local commands, by zx: each joins the cgroup of the instance it works for, and each has a limit on its time. */

import { $ as zx, type Shell } from 'zx/core'
import { joinCgroup } from './cgroup.ts'

const commandTimeout = '60s'

/** Tools such as ip and iptables are in sbin, which an ordinary user's path lacks. */
export const toolPath = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`

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
