/** One line at the bottom of a terminal that shows what is going on, and is gone when something else is printed. */

export class LiveLine {
  readonly #write: (text: string) => void
  readonly #columns: () => number
  #shown = false

  constructor(write: (text: string) => void, columns: () => number) {
    this.#write = write
    this.#columns = columns
  }

  show(text: string, busy: boolean): void {
    this.hide()
    if (!busy) return
    const width = Math.max(10, this.#columns() - 1)
    const line = `… ${text}`
    this.#write(line.length > width ? `${line.slice(0, width - 1)}…` : line)
    this.#shown = true
  }

  hide(): void {
    if (!this.#shown) return
    this.#write('\r\u001b[2K')
    this.#shown = false
  }
}
