/** What is asked on a terminal: passwords of the command line, `vars_prompt`, `pause`. `script` (util-linux) is the terminal. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { quoteWord } from '../../runner/value/words.ts'

const MAIN = fileURLToPath(new URL('../../dist/runner/main.js', import.meta.url))
const LIMIT_MS = 60_000

/** Runs playline on a terminal and types an answer when its question has been asked. Answers all that the terminal showed. */
async function typed(args: readonly string[], answers: readonly (readonly [question: string, answer: string])[]): Promise<{ shown: string; exitCode: number }> {
  const commandLine = [process.execPath, MAIN, ...args].map(quoteWord).join(' ')
  const child = spawn('script', ['-qec', commandLine, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], timeout: LIMIT_MS })
  let shown = ''
  let from = 0
  const left = [...answers]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const [next] = left
    const at = next ? shown.indexOf(next[0], from) : -1
    if (!next || at < 0) return
    from = at + next[0].length
    left.shift()
    child.stdin.write(`${next[1]}\n`)
  })
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  if (left.length > 0) throw new Error(`not asked: ${left.join()}\n${shown}`)
  return { shown: shown.replaceAll('\r\n', '\n'), exitCode }
}

const HOST = ['-i', 'here,', '-c', 'local']

t.test('vars_prompt: shown where it is not private, confirmed, with a default', async (t) => {
  const file = path.join(t.testdir(), 'p.yml')
  writeFileSync(
    file,
    `- hosts: all
  gather_facts: false
  vars_prompt:
    - {name: plain, prompt: Your name, private: false}
    - {name: hidden, prompt: Your word, confirm: true}
    - {name: kept, prompt: Or this, default: the default, private: false}
  tasks:
    - debug: {msg: "{{ plain }}/{{ hidden | length }}/{{ kept }}"}
`,
  )
  const { shown, exitCode } = await typed(
    [file, ...HOST],
    [
      ['Your name', 'ann'],
      ['Your word', 'mystery'],
      ['confirm Your word', 'mystery'],
      ['Or this', ''],
    ],
  )
  t.equal(exitCode, 0, shown)
  t.ok(shown.includes('ann/7/the default'), shown)
  t.notOk(shown.includes('mystery'), 'what is private is not shown')
})

t.test('a vault password, and pause', async (t) => {
  const folder = t.testdir()
  const [vaulted, file] = ['v.yml', 'p.yml'].map((name) => path.join(folder, name))
  writeFileSync(vaulted!, 'word: found\n')
  const encrypted = await typed(
    ['vault', 'encrypt', '--ask-vault-pass', vaulted!],
    [
      ['New vault password', 'open sesame'],
      ['Confirm new vault password', 'open sesame'],
    ],
  )
  t.equal(encrypted.exitCode, 0, encrypted.shown)
  writeFileSync(
    file!,
    `- hosts: all
  gather_facts: false
  vars_files: [v.yml]
  tasks:
    - {pause: {prompt: Go on}, register: answer}
    - debug: {msg: "{{ word | length }} {{ answer.user_input }}"}
`,
  )
  const { shown, exitCode } = await typed(
    [file!, ...HOST, '--ask-vault-pass'],
    [
      ['assword', 'open sesame'],
      ['Go on', 'yes please'],
    ],
  )
  t.equal(exitCode, 0, shown)
  t.ok(shown.includes('5 yes please'), shown)
  t.notOk(shown.includes('open sesame'))
})

t.test('a password for becoming somebody else', async (t) => {
  const file = path.join(t.testdir(), 'p.yml')
  writeFileSync(file, '- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: asked}\n')
  const { shown, exitCode } = await typed(
    [file, ...HOST, '-kK'],
    [
      ['SSH password', 'one-secret'],
      ['BECOME password', 'other-secret'],
    ],
  )
  t.equal(exitCode, 0, shown)
  t.notMatch(shown, /one-secret|other-secret/)
})
