/** The few programs that a host in memory has: those with which modules arrange files, as coreutils does it. */
import type { StepReply } from '../../contract/step.ts'
import { type Entry, type FileSystem, FileSystemError, parentOf } from './file-system.ts'

export interface Shell {
  readonly files: FileSystem
  /** Whose files new ones are. */
  readonly user: string
  readonly folder: string
  readonly nowSeconds: number
}

interface Call extends Shell {
  readonly flags: ReadonlySet<string>
  /** The values of options, by their letter. */
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
}

interface Program {
  /** Letters of options; with a colon those that take a value. */
  readonly letters: string
  readonly long?: Readonly<Record<string, string>>
  /** Throws a FileSystemError with the words after the program's name. */
  run(call: Call): void
}

/** Runs a program; undefined where there is none of this name. */
export function runProgram(argv: readonly string[], shell: Shell): StepReply | undefined {
  const name = argv[0]!.replace(/^\/(usr\/)?s?bin\//, '')
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined
  if (!program) return undefined
  try {
    program.run({ ...shell, ...parse(argv.slice(1), program) })
    return { exitCode: 0, stdout: '', stderr: '' }
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error
    return { exitCode: 1, stdout: '', stderr: `${name}: ${error.message}\n` }
  }
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  true: { letters: '', run: () => {} },
  false: {
    letters: '',
    run: () => {
      throw new FileSystemError('')
    },
  },
  mkdir: {
    letters: 'pm:',
    long: { parents: 'p', mode: 'm' },
    run: ({ files, flags, values, operands, user, folder, nowSeconds }) => {
      const attributes = (mode: string) => ({ mode, owner: user, group: user, mtimeSeconds: nowSeconds })
      for (const operand of operands) {
        const path = absolute(operand, folder)
        if (flags.has('p')) {
          for (const parent of parents(path)) if (!files.follow(parent)) files.makeFolder(parent, attributes('0755'))
          const there = files.follow(path)
          if (there?.type === 'directory') continue
        }
        about(`cannot create directory '${operand}'`, () => files.makeFolder(path, attributes(fourDigits(values.get('m') ?? '0755'))))
      }
    },
  },
  rmdir: {
    letters: '',
    run: ({ files, operands, folder }) => {
      for (const operand of operands) {
        const real = files.locate(absolute(operand, folder))
        const entry = real === undefined ? undefined : files.entries.get(real)
        if (!entry) throw new FileSystemError(`failed to remove '${operand}': No such file or directory`)
        if (entry.type !== 'directory') throw new FileSystemError(`failed to remove '${operand}': Not a directory`)
        if (files.under(real!).length > 0) throw new FileSystemError(`failed to remove '${operand}': Directory not empty`)
        files.remove(real!)
      }
    },
  },
  rm: {
    letters: 'rRfd',
    long: { recursive: 'r', force: 'f', 'one-file-system': 'd' },
    run: ({ files, flags, operands, folder }) => {
      for (const operand of operands) {
        const path = absolute(operand, folder)
        const entry = files.look(path)
        if (!entry && !flags.has('f')) throw new FileSystemError(`cannot remove '${operand}': No such file or directory`)
        if (entry?.type === 'directory' && !flags.has('r') && !flags.has('R')) throw new FileSystemError(`cannot remove '${operand}': Is a directory`)
        files.remove(path)
      }
    },
  },
  chmod: {
    letters: 'R',
    long: { recursive: 'R' },
    run: (call) => {
      const [mode, ...paths] = call.operands
      if (!/^0?[0-7]{1,4}$/.test(mode ?? '')) throw new FileSystemError(`invalid mode: '${mode}'`)
      changeEach(call, paths, true, (entry) => {
        if (entry.type !== 'link') entry.mode = fourDigits(mode!)
      })
    },
  },
  chown: {
    letters: 'Rh',
    long: { recursive: 'R', 'no-dereference': 'h' },
    run: (call) => {
      const [spec, ...paths] = call.operands
      const [owner, group] = (spec ?? '').split(':')
      changeEach(call, paths, !call.flags.has('h'), (entry) => giveTo(entry, owner, group))
    },
  },
  chgrp: {
    letters: 'Rh',
    long: { recursive: 'R', 'no-dereference': 'h' },
    run: (call) => {
      const [group, ...paths] = call.operands
      changeEach(call, paths, !call.flags.has('h'), (entry) => giveTo(entry, undefined, group))
    },
  },
  touch: {
    letters: 'camd:',
    run: ({ files, flags, operands, user, folder, nowSeconds }) => {
      for (const operand of operands) {
        const path = absolute(operand, folder)
        const entry = files.follow(path)
        if (entry) entry.mtimeSeconds = nowSeconds
        else if (!flags.has('c')) about(`cannot touch '${operand}'`, () => files.set(path, newFile(Buffer.alloc(0), user, nowSeconds)))
      }
    },
  },
  ln: {
    letters: 'sfnT',
    long: { symbolic: 's', force: 'f', 'no-dereference': 'n', 'no-target-directory': 'T' },
    run: ({ files, flags, operands, user, folder, nowSeconds }) => {
      const [target, name] = operands
      const path = into(files, absolute(name!, folder), target!, flags.has('T') || flags.has('n'))
      about(`failed to create ${flags.has('s') ? 'symbolic ' : ''}link '${name}'`, () => {
        const there = files.look(path)
        if (there && (!flags.has('f') || there.type === 'directory')) throw new FileSystemError('File exists')
        if (flags.has('s')) files.set(path, { type: 'link', target: target!, owner: user, group: user, mtimeSeconds: nowSeconds })
        else {
          const source = files.look(absolute(target!, folder))
          if (source?.type !== 'file') throw new FileSystemError('No such file or directory')
          // One entry under two names, as a hard link is.
          files.set(path, source)
        }
      })
    },
  },
  mv: {
    letters: 'fT',
    long: { force: 'f', 'no-target-directory': 'T' },
    run: ({ files, flags, operands, folder }) => {
      const [from, to] = operands
      const path = into(files, absolute(to!, folder), from!, flags.has('T'))
      about(`cannot move '${from}' to '${to}'`, () => {
        const source = files.look(absolute(from!, folder))
        if (files.look(path)?.type === 'directory' && source?.type !== 'directory') throw new FileSystemError('Is a directory')
        files.move(absolute(from!, folder), path)
      })
    },
  },
  cp: {
    letters: 'pafTrRd',
    long: { archive: 'a', force: 'f', 'no-target-directory': 'T', recursive: 'r', preserve: 'p', 'no-dereference': 'd' },
    run: ({ files, flags, operands, user, folder, nowSeconds }) => {
      const [from, to] = operands
      const keeps = flags.has('p') || flags.has('a')
      const source = absolute(from!, folder)
      const entry = flags.has('a') || flags.has('d') ? files.look(source) : files.follow(source)
      if (!entry) throw new FileSystemError(`cannot stat '${from}': No such file or directory`)
      if (entry.type === 'directory' && !flags.has('a') && !flags.has('r') && !flags.has('R'))
        throw new FileSystemError(`-r not specified; omitting directory '${from}'`)
      const path = into(files, absolute(to!, folder), from!, flags.has('T'))
      const copyOf = (each: Entry): Entry => ({ ...each, ...(!keeps && { owner: user, group: user, mtimeSeconds: nowSeconds }) })
      about(`cannot create regular file '${to}'`, () => {
        const there = files.follow(path)
        // Without -p the target keeps its own mode and owner.
        if (there?.type === 'file' && entry.type === 'file' && !keeps) Object.assign(there, { bytes: entry.bytes, mtimeSeconds: nowSeconds })
        else files.set(path, copyOf(entry))
      })
      if (entry.type !== 'directory') return
      const real = files.real(source)!
      for (const each of files.under(real)) files.set(path + each.slice(real.length), copyOf(files.entries.get(each)!))
    },
  },
}

/** A file that changes hands loses the right to run as its owner. */
function giveTo(entry: Entry, owner: string | undefined, group: string | undefined): void {
  if (owner) entry.owner = owner
  if (group) entry.group = group
  if (entry.type === 'file') entry.mode = (parseInt(entry.mode, 8) & 0o1777).toString(8).padStart(4, '0')
}

function changeEach(call: Call, operands: readonly string[], follows: boolean, change: (entry: Entry) => void): void {
  for (const operand of operands) {
    const path = absolute(operand, call.folder)
    const entry = follows ? call.files.follow(path) : call.files.look(path)
    if (!entry) throw new FileSystemError(`cannot access '${operand}': No such file or directory`)
    change(entry)
    if (!call.flags.has('R') || entry.type !== 'directory') continue
    for (const below of call.files.under(call.files.real(path)!)) change(call.files.entries.get(below)!)
  }
}

/** A target that is a folder means a name in it. */
function into(files: FileSystem, target: string, source: string, exact: boolean): string {
  if (exact || files.follow(target)?.type !== 'directory') return target
  return `${target}/${source.replace(/\/+$/, '').split('/').at(-1)}`
}

function newFile(bytes: Buffer, user: string, nowSeconds: number): Entry {
  return { type: 'file', bytes, mode: '0644', owner: user, group: user, mtimeSeconds: nowSeconds }
}

function about(what: string, does: () => void): void {
  try {
    does()
  } catch (error) {
    if (error instanceof FileSystemError) throw new FileSystemError(`${what}: ${error.message}`)
    throw error
  }
}

function parents(path: string): string[] {
  const all: string[] = []
  for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) all.unshift(parent)
  return all
}

function absolute(path: string, folder: string): string {
  return path.startsWith('/') ? path : `${folder}/${path}`
}

/** A fifth digit, with which chmod clears a folder's set-group-id, is zero. */
function fourDigits(mode: string): string {
  return mode.slice(-4).padStart(4, '0')
}

function parse(words: readonly string[], program: Program): { flags: Set<string>; values: Map<string, string>; operands: string[] } {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const operands: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') {
      operands.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word)
      continue
    }
    if (word.startsWith('--')) {
      const [name, value] = word.slice(2).split(/=(.*)/s)
      const letter = program.long?.[name!]
      if (letter === undefined) throw new FileSystemError(`unrecognized option '${word}'`)
      if (value === undefined) flags.add(letter)
      else values.set(letter, value)
      continue
    }
    for (let index = 1; index < word.length; index++) {
      const letter = word[index]!
      const position = program.letters.indexOf(letter)
      if (position < 0 || letter === ':') throw new FileSystemError(`invalid option -- '${letter}'`)
      if (program.letters[position + 1] !== ':') flags.add(letter)
      else {
        values.set(letter, word.slice(index + 1) || (words[++at] ?? ''))
        break
      }
    }
  }
  return { flags, values, operands }
}
