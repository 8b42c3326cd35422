/** What a template prints, piece by piece. */
import type { PastUnknown } from '../../past-unknown.ts'
import type { Value } from '../../../value/value.ts'
import { checkTextLength } from './limits.ts'

/** A printed piece: the value that it was made of, and how it prints. */
export interface Piece {
  readonly value: Value
  /** Prints the value; asked for only where there is more than this piece, or text is wanted. */
  readonly print: () => string
  /** Whether it was made as text on purpose (`to_json`), so that it stays text. */
  readonly isText: () => boolean
}

export class Output {
  /** While a template that extends another runs, what it prints outside of blocks is dropped. */
  isMuted = false
  readonly #past: PastUnknown | undefined
  readonly #texts: string[] = []
  #count = 0
  /** The first piece, as long as it is the only one and not printed. */
  #first: Piece | undefined
  #length = 0

  /** With `past`, what prints something unknown is left out, and noted there. */
  constructor(past?: PastUnknown) {
    this.#past = past
  }

  /** Prints what `print` has to print. */
  attempt(print: () => void): void {
    if (this.#past) this.#past.attempt(print)
    else print()
  }

  write(text: string): void {
    this.writePiece({ value: text, print: () => text, isText: () => false })
  }

  writePiece(piece: Piece): void {
    if (this.isMuted) return
    this.#count++
    if (this.#count === 1) {
      this.#first = piece
      return
    }
    this.attempt(() => this.#printFirst())
    this.#add(piece.print())
  }

  text(): string {
    this.#printFirst()
    return this.#texts.length === 1 ? this.#texts[0]! : this.#texts.join('')
  }

  /** Whether nothing was printed, not even something empty. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** The piece, where there is exactly one and it is not printed yet. */
  get only(): Piece | undefined {
    return this.#count === 1 ? this.#first : undefined
  }

  #printFirst(): void {
    const first = this.#first
    if (first === undefined) return
    this.#first = undefined
    this.#add(first.print())
  }

  #add(text: string): void {
    this.#length += text.length
    checkTextLength(this.#length)
    this.#texts.push(text)
  }
}
