/** Where one host is in a play: pure, so that strategies can be tested without hosts. */
import type { CompiledBlock, CompiledItem } from './compiled.ts'

interface Frame {
  items: readonly CompiledItem[]
  index: number
  readonly block: CompiledBlock | undefined
  section: 'block' | 'rescue' | 'always'
  /** A failure that goes on outwards once `always` is done. */
  failing: boolean
  /** In a dry run: why it cannot be known whether a task of the block fails, so that its rescue may run. */
  mayHaveFailed: string | undefined
  /** In a dry run: why it cannot be known whether these items, which a task included, run. */
  readonly maybeBecause: string | undefined
}

export interface Next {
  readonly item: Exclude<CompiledItem, CompiledBlock>
  /** Comparable between hosts: the host with the smaller position is behind. */
  readonly position: readonly number[]
  /** In a dry run: why it cannot be known whether it runs, where it stands in a rescue that may not be entered. */
  readonly maybeBecause: string | undefined
}

const SECTION_ORDER = { block: 0, rescue: 1, always: 2 }

export class Cursor {
  readonly #frames: Frame[]
  #failed = false

  constructor(items: readonly CompiledItem[]) {
    this.#frames = [frameOf(items, undefined, undefined)]
  }

  /** True once a failure has left the outermost block. */
  get failed(): boolean {
    return this.#failed
  }

  /** True while the next task stands in an always that a failure led to. */
  get failing(): boolean {
    return this.#frames.some((frame) => frame.failing)
  }

  /** True where a rescue further out catches what fails now. */
  get isRescued(): boolean {
    return this.#frames.some((frame) => frame.section === 'block' && frame.block !== undefined && frame.block.rescue.length > 0)
  }

  /** True while the next task stands right in a rescue or an always: not in a block or an include within it. */
  get isAside(): boolean {
    return this.next() !== undefined && this.#frames.at(-1)!.section !== 'block'
  }

  /** True while the next task stands in the rescue of an outermost block, which a failure led to: who ends there has failed, as in Ansible. */
  get isRescuing(): boolean {
    const outermost = this.#frames[1]
    return outermost?.block !== undefined && outermost.section === 'rescue' && outermost.mayHaveFailed === undefined
  }

  /**
   * Whether what fails now counts at once as a failure of the host, which `any_errors_fatal` asks, as in Ansible: not where the block
   * that the task stands in has a rescue or an always, nor where a block further out has a rescue.
   */
  get failsAtOnce(): boolean {
    const own = this.#frames.at(-1)!
    const hasOwn = own.block !== undefined && own.section !== 'always' && own.block.always.length > 0
    return !hasOwn && !this.isRescued
  }

  /** What comes next, or undefined at the end and after a failure. */
  next(): Next | undefined {
    while (!this.#failed) {
      const frame = this.#frames.at(-1)!
      const item = frame.items[frame.index]
      if (item === undefined) {
        if (!this.#leave(frame)) return undefined
      } else if (item.kind === 'block') {
        this.#frames.push(frameOf(item.block, item, undefined))
      } else {
        return {
          item,
          position: this.#frames.flatMap((each) => [SECTION_ORDER[each.section], each.index]),
          maybeBecause: this.#frames
            .map((each) => each.maybeBecause ?? (each.section === 'rescue' ? each.mayHaveFailed : undefined))
            .find((each) => each !== undefined),
        }
      }
    }
    return undefined
  }

  /** The task that `next` gave is done. */
  succeed(): void {
    this.#frames.at(-1)!.index++
  }

  /**
   * The task that `next` gave has included blocks, which come before what stands behind it. Hosts for which the same blocks stand at
   * the same places go through them together.
   */
  include(blocks: readonly CompiledBlock[], maybeBecause: string | undefined): void {
    this.#frames.push(frameOf(blocks, undefined, maybeBecause))
  }

  /** In a dry run: of the task that `next` gave it cannot be known whether it would fail. The nearest rescue is gone through as what may run. */
  mayFail(because: string): void {
    const frame = this.#frames.findLast((each) => each.section === 'block' && each.block !== undefined && each.block.rescue.length > 0)
    if (frame) frame.mayHaveFailed ??= because
  }

  /** The task that `next` gave has failed: on to the nearest rescue or always, whichever is told; `out` is the end. */
  fail(): 'rescue' | 'always' | 'out' {
    while (this.#frames.length > 0) {
      const frame = this.#frames.at(-1)!
      if (frame.block && frame.section === 'block' && frame.block.rescue.length > 0) {
        frame.mayHaveFailed = undefined
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

  /** A failure that led to an always is forgotten: behind that the host goes on. */
  forgive(): void {
    for (const frame of this.#frames) frame.failing = false
  }

  #leave(frame: Frame): boolean {
    const { block } = frame
    if (this.#frames.length === 1) return false
    if (!block) {
      this.#frames.pop()
      this.#frames.at(-1)!.index++
      return true
    }
    if (frame.section === 'block' && frame.mayHaveFailed !== undefined) {
      this.#enter(frame, 'rescue')
      return true
    }
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

/** The beginning of items: of a block's, or of those that stand by themselves. */
function frameOf(items: readonly CompiledItem[], block: CompiledBlock | undefined, maybeBecause: string | undefined): Frame {
  return { items, index: 0, block, section: 'block', failing: false, mayHaveFailed: undefined, maybeBecause }
}

/** Lexicographic order of positions. */
export function comparePositions(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
