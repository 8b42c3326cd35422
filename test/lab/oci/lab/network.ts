/** Keeps the lab's routers as the cloud's resources say. */
import { fabricOf } from './fabric.ts'
import type { LabHeadends } from './headends.ts'
import { programLines } from './program.ts'
import type { Card } from '../../site.ts'
import type { Store } from '../store.ts'

/** Runs lines of bash where the routers are; they are made for the names of these. */
export type OnRouters = (lines: (instance: string, rootDir: string) => string[]) => Promise<void>

export class LabNetwork {
  readonly #cards: readonly Card[]
  readonly #regions: readonly string[]
  readonly #headends: LabHeadends
  readonly #run: OnRouters
  #programmed = ''
  #announced: readonly string[] = []
  #last: Promise<void> = Promise.resolve()

  constructor(cards: readonly Card[], regions: readonly string[], headends: LabHeadends, run: OnRouters) {
    this.#cards = cards
    this.#regions = regions
    this.#headends = headends
    this.#run = run
  }

  /** Ends when the routers carry what the store says now; one call after the other. */
  program(store: Store): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#program(store))
    return this.#last
  }

  async #program(store: Store): Promise<void> {
    const fabric = fabricOf(store, this.#regions)
    const text = JSON.stringify(fabric.cards)
    if (text !== this.#programmed) {
      await this.#run((instance, rootDir) => programLines(instance, rootDir, this.#cards, fabric))
      this.#programmed = text
    }
    await this.#headends.announce(fabric.attached, this.#announced)
    this.#announced = fabric.attached
  }
}
