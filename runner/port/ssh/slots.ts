/** The channels that a connection may have open at once (sshd's MaxSessions), and who waits for one. */

export class Slots {
  #limit: number
  #taken = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** True where a normal request would have to wait. */
  get full(): boolean {
    return !this.#free(false)
  }

  /** One slot is kept for urgent requests, which end what holds the others. */
  async take(urgent: boolean): Promise<void> {
    while (!this.#free(urgent)) await new Promise<void>((resolve) => (urgent ? this.#waiting.unshift(resolve) : this.#waiting.push(resolve)))
    this.#taken += 1
  }

  give(): void {
    this.#taken -= 1
    this.#wake()
  }

  /** The host allows fewer than we thought: what is open now. */
  lower(): void {
    this.#limit = Math.max(1, this.#taken)
  }

  #free(urgent: boolean): boolean {
    // With one or two channels in all, none can be kept.
    const kept = urgent || this.#limit < 3 ? 0 : 1
    return this.#taken < this.#limit - kept
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
