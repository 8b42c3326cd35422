/** The content of a file, known by its digest; the bytes are at hand only where something has to look into them. */
import { createHash } from 'node:crypto'
import { UnknownStateError } from './kinds.ts'

export class Content {
  readonly #sha256: string
  readonly #sizeBytes: number
  readonly #bytes: Buffer | undefined
  #sha1: string | undefined
  /** Where on the controller the bytes are, when they are not held in memory. */
  readonly controllerPath: string | undefined
  /** In a dry run: the task on which it depends what the content is. Whoever looks into it then gets an `UnknownStateError`. */
  readonly unknownBecause: string | undefined

  private constructor(
    sha256: string,
    sizeBytes: number,
    bytes: Buffer | undefined,
    { controllerPath, sha1, unknownBecause }: { controllerPath?: string | undefined; sha1?: string | undefined; unknownBecause?: string | undefined } = {},
  ) {
    this.#sha256 = sha256
    this.#sizeBytes = sizeBytes
    this.#bytes = bytes
    this.#sha1 = sha1
    this.controllerPath = controllerPath
    this.unknownBecause = unknownBecause
  }

  /** From text (UTF-8) or bytes. */
  static of(data: string | Buffer): Content {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data
    return new Content(createHash('sha256').update(bytes).digest('hex'), bytes.length, bytes)
  }

  /** Of a remote file whose bytes were not read. */
  static digest(sha256: string, sizeBytes: number): Content {
    return new Content(sha256, sizeBytes, undefined)
  }

  /** Of a file on the controller, streamed from there when it is written. */
  static controllerFile(path: string, sha256: string, sizeBytes: number, sha1?: string): Content {
    return new Content(sha256, sizeBytes, undefined, { controllerPath: path, sha1 })
  }

  /** Of a text that a dry run cannot know, because of a task. */
  static unknown(cause: string): Content {
    return new Content('', 0, undefined, { unknownBecause: cause })
  }

  /** Lower-case hex. */
  get sha256(): string {
    this.#look()
    return this.#sha256
  }

  get sizeBytes(): number {
    this.#look()
    return this.#sizeBytes
  }

  /** Ansible's `checksum`: lower-case hex, where the bytes are at hand or it was given. */
  get sha1(): string | undefined {
    this.#look()
    if (this.#sha1 === undefined && this.#bytes !== undefined) this.#sha1 = createHash('sha1').update(this.#bytes).digest('hex')
    return this.#sha1
  }

  /** Lower-case hex, where the bytes are at hand. */
  get md5(): string | undefined {
    return this.bytes && createHash('md5').update(this.bytes).digest('hex')
  }

  /** The bytes, where they are at hand. */
  get bytes(): Buffer | undefined {
    this.#look()
    return this.#bytes
  }

  /** The text, where the bytes are at hand and are text: valid UTF-8 without NUL. */
  get text(): string | undefined {
    this.#look()
    if (this.#bytes === undefined || this.#bytes.includes(0)) return undefined
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes)
    } catch {
      return undefined
    }
  }

  #look(): void {
    if (this.unknownBecause !== undefined) throw new UnknownStateError(this.unknownBecause)
  }
}
