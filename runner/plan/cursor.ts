/** Where one host is in a play: pure, so that strategies can be tested without hosts. */
import type { CompiledBlock, CompiledItem, CompiledTask, Flush } from './compiled.ts'

interface Frame {
  items: readonly CompiledItem[]
  index: number
  readonly block: CompiledBlock | undefined
  section: 'block' | 'rescue' | 'always'
  /** A failure that goes on outwards once `always` is done. */
  failing: boolean
}

export interface Next {
  readonly item: CompiledTask | Flush
  /** Comparable between hosts: the host with the smaller position is behind. */
  readonly position: readonly number[]
}

const SECTION_ORDER = { block: 0, rescue: 1, always: 2 }

export class Cursor {
  readonly #frames: Frame[]
  #failed = false

  constructor(items: readonly CompiledItem[]) {
    this.#frames = [{ items, index: 0, block: undefined, section: 'block', failing: false }]
  }

  /** True once a failure has left the outermost block. */
  get failed(): boolean {
    return this.#failed
  }

  /** True while the next task stands in a rescue or in an always that a failure led to. */
  get rescuing(): boolean {
    return this.#frames.some((frame) => frame.section === 'rescue' || frame.failing)
  }

  /** True where a rescue further out catches what fails now. */
  get isRescued(): boolean {
    return this.#frames.some((frame) => frame.section === 'block' && frame.block !== undefined && frame.block.rescue.length > 0)
  }

  /** What comes next, or undefined at the end and after a failure. */
  next(): Next | undefined {
    while (!this.#failed) {
      const frame = this.#frames.at(-1)!
      const item = frame.items[frame.index]
      if (item === undefined) {
        if (!this.#leave(frame)) return undefined
      } else if (item.kind === 'block') {
        this.#frames.push({ items: item.block, index: 0, block: item, section: 'block', failing: false })
      } else {
        return { item, position: this.#frames.flatMap((each) => [SECTION_ORDER[each.section], each.index]) }
      }
    }
    return undefined
  }

  /** The task that `next` gave is done. */
  succeed(): void {
    this.#frames.at(-1)!.index++
  }

  /** The task that `next` gave has failed: on to the nearest rescue or always, whichever is told; `out` is the end. */
  fail(): 'rescue' | 'always' | 'out' {
    while (this.#frames.length > 0) {
      const frame = this.#frames.at(-1)!
      if (frame.block && frame.section === 'block' && frame.block.rescue.length > 0) {
        this.#enter(frame, 'rescue')
        return 'rescue'
      }
      if (frame.block && frame.section !== 'always' && frame.block.always.length > 0) {
        frame.failing = true
        this.#enter(frame, 'always')
        return 'always'
      }
      this.#frames.pop()
    }
    this.#failed = true
    return 'out'
  }

  #leave(frame: Frame): boolean {
    const { block } = frame
    if (!block) return false
    if (frame.section !== 'always' && block.always.length > 0) {
      this.#enter(frame, 'always')
      return true
    }
    this.#frames.pop()
    if (frame.failing) this.fail()
    else this.#frames.at(-1)!.index++
    return true
  }

  #enter(frame: Frame, section: 'rescue' | 'always'): void {
    frame.section = section
    frame.items = frame.block![section]
    frame.index = 0
  }
}

/** Lexicographic order of positions. */
export function comparePositions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
