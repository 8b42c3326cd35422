/** What a template prints, piece by piece. */
import type { Value } from '../../../value/value.ts'
import { checkTextLength } from './limits.ts'

/** A printed piece: its text, and the value that it was made of. */
export interface Piece {
  readonly text: string
  readonly value: Value
  /** Whether a filter gave it as text on purpose (`to_json`), so that it stays text. */
  readonly isText: boolean
}

export class Output {
  /** While a template that extends another runs, what it prints outside of blocks is dropped. */
  isMuted = false
  readonly #pieces: string[] = []
  #first: Piece | undefined
  #length = 0

  write(text: string, value: Value = text, isText = false): void {
    if (this.isMuted) return
    this.#length += text.length
    checkTextLength(this.#length)
    if (this.#pieces.length === 0) this.#first = { text, value, isText }
    this.#pieces.push(text)
  }

  text(): string {
    return this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join('')
  }

  /** The piece, where there is exactly one. */
  get only(): Piece | undefined {
    return this.#pieces.length === 1 ? this.#first : undefined
  }
}
