/**
 * Cuts a stream into frames. A frame is any bytes up to the nonce, a word after it and a newline: `…bytes…NONCE word\n`.
 * The nonce is unguessable, so no program's output can end a frame early.
 */

export interface Frame {
  /** At most the limit that was asked for; what came above it is dropped. */
  readonly payload: Buffer
  /** The true size. */
  readonly sizeBytes: number
  /** What stands after the nonce: an exit code, mostly. */
  readonly word: string
}

/** The stream ended, or ran away, inside a frame. */
export class FrameError extends Error {
  readonly reason: 'ended' | 'runaway'
  constructor(reason: 'ended' | 'runaway') {
    super(reason)
    this.name = 'FrameError'
    this.reason = reason
  }
}

interface Request {
  readonly limitBytes: number
  readonly runawayBytes: number
  readonly parts: Buffer[]
  keptBytes: number
  sizeBytes: number
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: FrameError) => void
}

const NOTHING = Buffer.alloc(0)

export class FrameReader {
  readonly #nonce: Buffer
  /** Chunks that no request has looked at yet. */
  readonly #queue: Buffer[] = []
  /** The end of the last chunk, where it may be the beginning of a nonce. */
  #carry: Buffer = NOTHING
  #request: Request | undefined
  /** What came of a frame that was given up, for messages. */
  #abandoned: readonly Buffer[] = []
  #ended = false

  constructor(nonce: string) {
    this.#nonce = Buffer.from(nonce, 'latin1')
  }

  push(chunk: Buffer): void {
    this.#queue.push(chunk)
    this.#drain()
  }

  /** No more chunks will come. */
  end(): void {
    this.#ended = true
    this.#drain()
  }

  /**
   * The next frame; one request at a time. Rejects with a `FrameError` where the stream ends first, or where more than
   * `limitBytes + runawayBytes` came without a nonce.
   */
  next(limitBytes: number, runawayBytes = Infinity): Promise<Frame> {
    if (this.#request) throw new Error('one request at a time')
    return new Promise((resolve, reject) => {
      this.#request = { limitBytes, runawayBytes, parts: [], keptBytes: 0, sizeBytes: 0, resolve, reject }
      this.#drain()
    })
  }

  /** The bytes of the unfinished frame as text, for messages: at most its last `characters`. */
  unfinished(characters = 2000): string {
    return Buffer.concat([...(this.#request?.parts ?? this.#abandoned), this.#carry, ...this.#queue])
      .toString('utf8')
      .slice(-characters)
  }

  #drain(): void {
    while (this.#request && this.#queue.length > 0) this.#look(this.#request, this.#queue.shift()!)
    if (this.#request && this.#ended) this.#reject(this.#request, 'ended')
  }

  #look(request: Request, chunk: Buffer): void {
    const bytes = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk
    const at = bytes.indexOf(this.#nonce)
    if (at < 0) {
      const keep = Math.max(0, bytes.length - this.#nonce.length + 1)
      this.#take(request, bytes.subarray(0, keep))
      this.#carry = bytes.subarray(keep)
      if (request.sizeBytes > request.limitBytes + request.runawayBytes) this.#reject(request, 'runaway')
      return
    }
    this.#take(request, bytes.subarray(0, at))
    const newline = bytes.indexOf(10, at)
    if (newline < 0) {
      this.#carry = bytes.subarray(at)
      return
    }
    this.#carry = NOTHING
    if (newline + 1 < bytes.length) this.#queue.unshift(bytes.subarray(newline + 1))
    this.#request = undefined
    request.resolve({
      payload: request.parts.length === 1 ? request.parts[0]! : Buffer.concat(request.parts),
      sizeBytes: request.sizeBytes,
      word: bytes.toString('utf8', at + this.#nonce.length, newline).trim(),
    })
  }

  #take(request: Request, bytes: Buffer): void {
    request.sizeBytes += bytes.length
    const kept = bytes.subarray(0, Math.max(0, request.limitBytes - request.keptBytes))
    if (kept.length === 0) return
    request.keptBytes += kept.length
    request.parts.push(kept)
  }

  #reject(request: Request, reason: 'ended' | 'runaway'): void {
    this.#request = undefined
    this.#abandoned = request.parts
    request.reject(new FrameError(reason))
  }
}
