/** Ends everything that one shell started, from a second channel: the first one may hang. */
import type { Become } from '../port.ts'
import { framedScript } from './become.ts'
import { KILL_TIMEOUT_MS } from './limits.ts'
import { openShell, startMarks, type Shell } from './open-shell.ts'
import type { Transport } from './transport.ts'
import { within } from '../within.ts'

/** `now` for what only reads; `gently` gives a program up to two seconds after SIGTERM. */
export type KillManner = 'now' | 'gently'

/**
 * Kills a process group (as `startMarks` tells it) as the user that it runs as. True where it is gone; false where the host did not answer: then
 * what ran may run on. Never throws.
 */
export async function killGroup(transport: Transport, become: Become | undefined, group: number, manner: KillManner): Promise<boolean> {
  // 0 and 1 would be our own group and everything.
  if (!Number.isSafeInteger(group) || Math.abs(group) < 2) return false
  const killed = within(runKill(transport, become, group, manner), KILL_TIMEOUT_MS)
  return (await killed.catch(() => false)) ?? false
}

async function runKill(transport: Transport, become: Become | undefined, group: number, manner: KillManner): Promise<boolean> {
  const shell = await openShell(transport, 'script', become, { urgent: true })
  try {
    void shell.channel.send(framedScript(startMarks(shell.nonce) + killScript(group, manner)))
    shell.channel.end()
    await shell.started()
    return (await shell.stdout.next(1024)).word === 'gone'
  } finally {
    shell.channel.destroy()
  }
}

function killScript(group: number, manner: KillManner): string {
  const kill =
    group > 0
      ? (signal: string) => `kill -${signal} -${group} 2>/dev/null`
      : // The shell, its subshells and the program that one of them became; what that one started is beyond reach.
        (signal: string) =>
          `${signal === '0' ? ':' : `for p in $(pgrep -P ${-group}); do pkill -${signal} -P $p; done; pkill -${signal} -P ${-group}`}; kill -${signal} ${-group} 2>/dev/null`
  const gently = `${kill('TERM')}; i=0; while ${kill('0')} && [ $i -lt 20 ]; do sleep 0.1; i=$((i + 1)); done\n`
  return `${manner === 'gently' ? gently : ''}${kill('KILL')}\nprintf '%s gone\\n' "$N"\n`
}

/** Waits for a channel to close by itself; closes it where it does not. */
export async function letGo(shell: Shell, limitMs: number): Promise<void> {
  await within(shell.channel.ended, limitMs)
  shell.channel.destroy()
}
