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

  /** Takes a slot if there is one. Urgent requests, which end what holds the others, may have the last one. */
  tryTake(urgent: boolean): boolean {
    // With one or two channels in all, none can be kept.
    const kept = urgent || this.#limit < 3 ? 0 : 1
    if (this.#taken >= this.#limit - kept) return false
    this.#taken += 1
    return true
  }

  /** Waits for a slot. */
  async take(): Promise<void> {
    while (!this.tryTake(false)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  give(): void {
    this.#taken -= 1
    this.#wake()
  }

  /** The host allows fewer than we thought: what is open now. */
  lower(): void {
    this.#limit = Math.max(1, this.#taken)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
