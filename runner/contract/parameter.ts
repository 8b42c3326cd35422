/**
 * Schemas of parameters, as Ansible users write them: `yes` in a template is the string "True", a port may be a string, a
 * list may be one text with commas. Each schema canonicalises.
 */
import { z } from 'zod'
import { fromPlain } from '../value/convert.ts'
import { Float } from '../value/value.ts'
import { print } from '../value/print.ts'
import { Content } from './content.ts'

/** Text; whatever else it is, is printed as Python prints it. */
export function string(): z.ZodType<string> {
  return z.preprocess((value) => (value === undefined || value === null || typeof value === 'string' ? value : print(fromPlain(value))), z.string())
}

/** Text that is not empty. */
export function nonEmptyString(): z.ZodType<string> {
  return z.preprocess((value) => (typeof value === 'number' || typeof value === 'bigint' || value instanceof Float ? print(value) : value), z.string().min(1))
}

const TRUE_WORDS = new Set(['y', 'yes', 'on', '1', 'true', 't'])
const FALSE_WORDS = new Set(['n', 'no', 'off', '0', 'false', 'f'])

/** A boolean, or one of Ansible's words for it, or 0 and 1. */
export function bool(): z.ZodType<boolean> {
  return z.preprocess((value) => {
    const word = String(value instanceof Float ? value.value : value).toLowerCase()
    if (typeof value === 'string' || typeof value === 'number' || value instanceof Float) {
      if (TRUE_WORDS.has(word)) return true
      if (FALSE_WORDS.has(word)) return false
    }
    return value
  }, z.boolean())
}

/** A whole number within bounds, or its digits as text. */
export function int(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : value instanceof Float ? value.value : value),
    z.int().min(minimum).max(maximum),
  )
}

/** A number, whole or not. */
export function number(minimum = -Infinity, maximum = Infinity): z.ZodType<number> {
  return z.preprocess(
    (value) =>
      value instanceof Float ? value.value : typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value,
    z.number().min(minimum).max(maximum),
  )
}

/** A list; a lone value is a list of one, and text is split at commas. */
export function list<T extends z.ZodType>(item: T): z.ZodType<z.output<T>[]> {
  return z.preprocess((value) => {
    if (typeof value === 'string') return value.split(',').map((part) => part.trim())
    if (value === null || value === undefined || Array.isArray(value)) return value
    return [value]
  }, z.array(item))
}

/** What is as if it were not given where it is empty. */
export function unlessEmpty<T extends z.ZodType>(schema: T): z.ZodType<z.output<T> | undefined> {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional())
}

/**
 * How the engine completes a path on the host before the module sees it; found in the schema's metadata under `hostPath`.
 * `absolute`: `~`, `~name` and `$NAME` stand for what they are there, and a relative path begins at the user's folder.
 * `written`: a relative path stays one.
 */
export type HostPathKind = 'absolute' | 'written'

/** A path on the host, without a slash at its end. */
export function path(): z.ZodType<string> {
  return hostPath('absolute', withoutEndingSlash)
}

/** A path where a slash at the end has a meaning, or an empty text, at which there is nothing. */
export function pathOrEmpty(): z.ZodType<string> {
  return hostPath('absolute', (written) => written, 0)
}

function withoutEndingSlash(written: string): string {
  return written.replace(/(.)\/$/, '$1')
}

/** The same, where a slash at the end has a meaning. */
export function pathAsWritten(kind: HostPathKind = 'absolute'): z.ZodType<string> {
  return hostPath(kind, (written) => written)
}

function hostPath(kind: HostPathKind, canonical: (written: string) => string, minimumLength = 1): z.ZodType<string> {
  return z
    .preprocess(
      (value) => (typeof value === 'number' ? print(value) : value),
      z
        .string()
        .min(minimumLength, 'a path cannot be empty')
        .refine((value) => !value.includes('\0'), 'a path cannot hold a NUL')
        .transform((value) => canonical(value.replace(/\/+/g, '/'))),
    )
    .meta({ hostPath: kind })
}

/**
 * A file mode as four octal digits. Text is octal (`'644'`, `'0644'`); a number is what YAML read (`0644` is 420). A number
 * that cannot have been meant (`mode: 644`) is refused: Ansible would set 1204.
 */
export function mode(): z.ZodType<string> {
  return z
    .unknown()
    .transform((value, context) => {
      if (typeof value === 'string' && /^0?o?[0-7]{1,5}$/.test(value)) return Number.parseInt(value.replace('o', ''), 8)
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0o7777) {
        if (!/^[0-7]{3}$/.test(String(value)) || value < 512) return value
        context.addIssue({ code: 'custom', message: `the number ${value} is not octal here; write '0${value}' in quotes` })
        return z.NEVER
      }
      context.addIssue({ code: 'custom', message: "a mode is octal digits in quotes, as '0644'" })
      return z.NEVER
    })
    .transform((value) => value.toString(8).padStart(4, '0'))
}

/** A name of a user or a group, or its number as digits. */
export function account(): z.ZodType<string> {
  return z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/, 'not the name of a user or group'),
  )
}

/**
 * The content of a file, of which `textOf` makes the text. A module may get one that a dry run cannot know (in the schema's
 * metadata: `content`).
 */
export function content(textOf: (value: unknown) => string): z.ZodType<Content> {
  return z
    .unknown()
    .transform((value) => (value instanceof Content ? value : Content.of(textOf(value))))
    .meta({ content: true })
}

/** Something in a folder on the controller. */
export interface ControllerEntry {
  /** From the folder, without a slash in front. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'link'
  /** Four octal digits. */
  readonly mode: string
  /** Of a file. */
  readonly content?: Content
  /** Of a link. */
  readonly target?: string
}

/** What a parameter names on the controller, once `resolve` has read or rendered it. */
export class ControllerSource {
  /** As the task wrote it. */
  readonly name: string
  /** Of a folder: empty. */
  readonly content: Content
  /** The mode of the file on the controller, four octal digits; undefined where there is none. */
  readonly mode: string | undefined
  /** What is in the folder, where it is one: the outer entries before the inner ones, otherwise sorted. */
  readonly entries: readonly ControllerEntry[] | undefined
  /** Where it was found: absolute. */
  readonly path: string
  constructor(name: string, content: Content, mode?: string, entries?: readonly ControllerEntry[], path = name) {
    this.name = name
    this.content = content
    this.mode = mode
    this.entries = entries
    this.path = path
  }
}

/** What kind of thing on the controller a parameter names; found in the schema's metadata under `controller`. A `path` is a file or a folder; a `destination` need not exist. */
export type ControllerKind = 'template' | 'file' | 'script' | 'folder' | 'path' | 'destination'

/** Where on the controller a module writes, and for which host. */
export class ControllerDestination {
  /** Absolute; a slash at its end says that it is a folder. */
  readonly path: string
  /** The inventory's name of the host. */
  readonly host: string
  constructor(path: string, host: string) {
    this.path = path
    this.host = host
  }
}

/** A path on the controller to write to: absolute, or from the folder of the playbook. */
export function controllerDestination(): z.ZodType<ControllerDestination> {
  return z
    .custom<ControllerDestination>((value) => value instanceof ControllerDestination, 'not a path on the controller')
    .meta({ controller: 'destination', description: 'a path on the controller: absolute, or from the folder of the playbook' })
}

/** The name of a template on the controller; `resolve` renders it. */
export function templateSource(): z.ZodType<ControllerSource> {
  return controllerSource('template', 'the path of a template: absolute, or beside the playbook, or in a `templates` folder')
}

const FILE_DESCRIPTION = 'the path of a file: absolute, or beside the playbook, or in a `files` folder'

/** The name of a file on the controller. */
export function fileSource(): z.ZodType<ControllerSource> {
  return controllerSource('file', FILE_DESCRIPTION)
}

/** A command line whose first word names a file on the controller; the source's name is the whole of it. */
export function scriptSource(): z.ZodType<ControllerSource> {
  return controllerSource('script', FILE_DESCRIPTION)
}

/**
 * The name of a thing on the controller, or, where the boolean parameter `unless` is true, a path on the host, which stays
 * text (in the schema's metadata: `controllerUnless`). `unlessDefault` is what that parameter is where it is not given.
 */
export function sourceUnless(controller: 'file' | 'folder' | 'path', unless: string, unlessDefault = false): z.ZodType<ControllerSource | string> {
  return z
    .custom<ControllerSource | string>((value) => value instanceof ControllerSource || typeof value === 'string', 'not found on the controller')
    .meta({ controller, controllerUnless: unless, controllerUnlessDefault: unlessDefault, hostPath: 'absolute', description: FILE_DESCRIPTION })
}

function controllerSource(controller: ControllerKind, description: string): z.ZodType<ControllerSource> {
  return z.custom<ControllerSource>((value) => value instanceof ControllerSource, 'not found on the controller').meta({ controller, description })
}
