/** Lookups that run a program on the controller: `pipe` and `lines`. They run at the task's turn, in a dry run too. */
import { spawn } from 'node:child_process'
import { print } from '../../value/print.ts'
import type { Value } from '../../value/value.ts'
import { fetched, lookupFailed, type Lookup, type LookupContext } from './context.ts'
import { listify } from './lists.ts'

/** A program that prints more is refused. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
/** A program that takes longer is ended. */
const TIME_LIMIT_MS = 10 * 60 * 1000

export const pipe: Lookup = (terms, _options, context) => outputs('pipe', terms, context).map((output) => output.trimEnd())

export const lines: Lookup = (terms, _options, context) => outputs('lines', terms, context).flatMap(splitLines)

function outputs(name: 'pipe' | 'lines', terms: Value, context: LookupContext): string[] {
  return listify(terms).map((term, index) => {
    const command = print(term)
    return fetched([name, index, command], context, async () => [await run(name, command, context.folder)])[0] as string
  })
}

async function run(name: 'pipe' | 'lines', command: string, folder: string): Promise<string> {
  const child = spawn(command, { cwd: folder, shell: '/bin/sh', stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  child.stdin.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS)
  try {
    const chunks: Buffer[] = []
    let size = 0
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(code ?? (signal === null ? 0 : -1)))
    })
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    const code = await ended
    if (size > MAX_OUTPUT_BYTES) return lookupFailed(`the lookup '${name}' got more than ${MAX_OUTPUT_BYTES} bytes from: ${command}`)
    if (code !== 0) return lookupFailed(`lookup_plugin.${name}(${command}) returned ${code}`)
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    clearTimeout(timer)
  }
}

function splitLines(text: string): string[] {
  const split = text.split(/\r\n|\r|\n/)
  if (split.at(-1) === '') split.pop()
  return split
}
