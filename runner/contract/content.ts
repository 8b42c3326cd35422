/** The content of a file, known by its digest; the bytes are at hand only where something has to look into them. */
import { createHash } from 'node:crypto'

export class Content {
  /** Lower-case hex. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly #bytes: Buffer | undefined
  #sha1: string | undefined
  /** Where on the controller the bytes are, when they are not held in memory. */
  readonly controllerPath: string | undefined

  private constructor(sha256: string, sizeBytes: number, bytes: Buffer | undefined, controllerPath?: string, sha1?: string) {
    this.sha256 = sha256
    this.sizeBytes = sizeBytes
    this.#bytes = bytes
    this.controllerPath = controllerPath
    this.#sha1 = sha1
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
    return new Content(sha256, sizeBytes, undefined, path, sha1)
  }

  /** Ansible's `checksum`: lower-case hex, where the bytes are at hand or it was given. */
  get sha1(): string | undefined {
    if (this.#sha1 === undefined && this.#bytes !== undefined) this.#sha1 = createHash('sha1').update(this.#bytes).digest('hex')
    return this.#sha1
  }

  /** The bytes, where they are at hand. */
  get bytes(): Buffer | undefined {
    return this.#bytes
  }

  /** The text, where the bytes are at hand and are text: valid UTF-8 without NUL. */
  get text(): string | undefined {
    if (this.#bytes === undefined || this.#bytes.includes(0)) return undefined
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes)
    } catch {
      return undefined
    }
  }
}
