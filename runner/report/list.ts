/** What `--list-hosts`, `--list-tasks` and `--list-tags` print: Ansible's text. */
import { repr } from '../value/print.ts'

interface ListedPlay {
  readonly hosts: readonly string[]
  /** The play's `hosts`, as written: one text or several. */
  readonly patterns: readonly string[]
  readonly name: string
  readonly playTags: readonly string[]
  readonly tasks: readonly { readonly name: string; readonly tags: readonly string[] }[]
}

export interface ListedPlaybook {
  readonly path: string
  readonly plays: readonly ListedPlay[]
}

export interface ListOptions {
  readonly hosts: boolean
  readonly tasks: boolean
  readonly tags: boolean
}

export function renderList(playbooks: readonly ListedPlaybook[], options: ListOptions): string {
  const lines: string[] = []
  for (const playbook of playbooks) {
    lines.push('', `playbook: ${playbook.path}`)
    playbook.plays.forEach((play, index) => {
      lines.push('', `  play #${index + 1} (${play.patterns.join(',')}): ${play.name}\tTAGS: [${play.playTags.join(',')}]`)
      if (options.hosts) {
        lines.push(`    pattern: ${repr([...play.patterns])}`, `    hosts (${play.hosts.length}):`)
        for (const host of play.hosts) lines.push(`      ${host}`)
      }
      if (options.tasks) {
        lines.push('    tasks:')
        for (const task of play.tasks) lines.push(`      ${task.name}\tTAGS: [${task.tags.join(', ')}]`)
      }
      if (options.tags) {
        const all = [...new Set([...play.playTags, ...play.tasks.flatMap((task) => task.tags)])].sort()
        lines.push(`      TASK TAGS: [${all.join(', ')}]`)
      }
    })
  }
  return `${lines.join('\n')}\n`
}
