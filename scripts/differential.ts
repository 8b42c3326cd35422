/**
 * `npm run differential`: plays every case of test/differential with Playline and with Ansible and says where they disagree.
 *
 * `npm run differential -- [GROUP | GROUP/NAME | PART OF A NAME]… [--verbose] [--jobs N]`
 *
 * Ends with 1 where anything disagrees that is not listed as deliberate, and where Ansible is missing.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { readCases, type Case } from '../test/differential/cases.ts'
import { judge, type Verdict } from '../test/differential/judge.ts'
import { Workshop } from '../test/differential/play.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false }, jobs: { type: 'string', default: '2' } },
})

if (spawnSync('ansible-playbook', ['--version']).status !== 0) {
  process.stderr.write('differential: ansible-playbook is missing: apt-get install ansible python3-passlib python3-jmespath\n')
  process.exit(1)
}

const cases = readCases().filter(({ name, group }) => positionals.length === 0 || positionals.some((part) => part === group || name.includes(part)))
const workshop = new Workshop()
const verdicts: Verdict[] = []
try {
  await playAll([...cases], Number(values.jobs))
} finally {
  workshop.close()
}
process.stdout.write(totals().join('\n') + '\n')
process.exitCode = verdicts.length > 0 && verdicts.every(({ kind }) => kind === 'agrees' || kind === 'deliberate') ? 0 : 1

async function playAll(waiting: Case[], jobs: number): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      const verdict = await judge(each, workshop)
      verdicts.push(verdict)
      process.stdout.write(
        linesOf(verdict)
          .map((line) => line + '\n')
          .join(''),
      )
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

function linesOf({ case: { name }, kind, lines, ours, theirs }: Verdict): string[] {
  if (kind === 'agrees' || kind === 'deliberate') return values.verbose ? [`${name}: ${kind}`] : []
  const output = ours.runs.map(({ stderr }) => stderr.trim()).filter((text) => text !== '')
  return [
    ...lines.map((line) => `${name}: ${line}`),
    // Where a run was refused, or ended early, the diagnostics say why.
    ...(values.verbose || lines.some((line) => line.includes('exit code')) ? output.map((text) => `${name}: playline says:\n${indent(text)}`) : []),
    ...(values.verbose ? theirs.runs.map(({ stderr }) => `${name}: Ansible says:\n${indent(stderr.trim())}`) : []),
  ]
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}

function totals(): string[] {
  const groups = [...new Set(verdicts.map((each) => each.case.group))].sort()
  const count = (group: string | undefined): string => {
    const all = verdicts.filter((each) => group === undefined || each.case.group === group)
    const of = (kind: Verdict['kind']): number => all.filter((each) => each.kind === kind).length
    const rest = [of('deliberate') > 0 ? `${of('deliberate')} deliberate` : '', of('open') > 0 ? `${of('open')} open` : ''].filter((text) => text !== '')
    return `${of('agrees')} of ${all.length} agree${rest.map((text) => `, ${text}`).join('')}`
  }
  return ['', ...groups.map((group) => `${group}: ${count(group)}`), `total: ${count(undefined)}`]
}
