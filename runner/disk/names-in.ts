/** What is in a folder of the controller. */
import { opendirSync } from 'node:fs'

/** The names in a folder, in the order in which the disk has them, as Python's `os.listdir` tells them; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  const names: string[] = []
  try {
    const opened = opendirSync(folder)
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) names.push(entry.name)
    opened.closeSync()
  } catch {
    return []
  }
  return names
}
