/** Where a secret could have got to on the machine that runs playline. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const intervalMs = 100

/** Collects the command lines and environments of all processes from now on. */
export function watchCommandLines(): { end(): string[] } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      for (const file of ['cmdline', 'environ']) {
        try {
          seen.add(readFileSync(`/proc/${name}/${file}`, 'utf8'))
        } catch {
          // It has just ended.
        }
      }
    }
  }
  const timer = setInterval(look, intervalMs)
  return {
    end: () => {
      clearInterval(timer)
      look()
      return [...seen]
    },
  }
}

/** Files of this machine that hold the text and have changed since a time; what the kernel makes up is left out. */
export function filesWith(text: string, since: Date): string[] {
  const places = ['/', '/run', '/tmp', '/dev/shm', '/var/tmp', process.cwd()]
  const found = spawnSync('find', [...places, '-xdev', '-type', 'f', '-newermt', since.toISOString(), '-size', '-64M', '-print0'], { maxBuffer: 2 ** 28 })
  return found.stdout
    .toString()
    .split('\0')
    .filter((file) => file !== '' && holds(file, text))
}

function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file).includes(text)
  } catch {
    // It has just gone.
    return false
  }
}
