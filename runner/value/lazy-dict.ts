/** Mappings that do not hold their values. */
import { Dict, type Noted, type Value, type Written } from './value.ts'

export interface LazyOptions {
  /** How the value under a key is written. */
  readonly written?: ((key: string) => Written | undefined) | undefined
  /** Whether a template that asks twice gets one object, as from a mapping that has it; else it is made anew, as a host's templates are. */
  readonly givesOneObject?: boolean
}

/** A mapping whose values are made when they are asked for: `groups`, `hostvars`, and each host in it. */
export class LazyDict extends Dict implements Noted {
  readonly #keys: () => Iterable<string>
  readonly #make: (key: string) => Value | undefined
  readonly #options: LazyOptions

  constructor(keys: () => Iterable<string>, make: (key: string) => Value | undefined, options: LazyOptions = {}) {
    super()
    this.#keys = keys
    this.#make = make
    this.#options = options
  }

  /** The same with values of its own, which `copy` makes. */
  copied(copy: (value: Value) => Value): LazyDict {
    const made = new Map<string, Value | undefined>()
    const make = (key: string): Value | undefined => {
      const value = this.#make(key)
      return value === undefined ? undefined : copy(value)
    }
    const once = (key: string): Value | undefined => {
      if (!made.has(key)) made.set(key, make(key))
      return made.get(key)
    }
    return new LazyDict(this.#keys, this.#options.givesOneObject === true ? once : make, this.#options)
  }

  written(key: Value): Written | undefined {
    return typeof key === 'string' ? this.#options.written?.(key) : undefined
  }

  override get(key: Value): Value | undefined {
    return typeof key === 'string' ? this.#make(key) : undefined
  }

  override has(key: Value): boolean {
    // A name that is not among the keys may be one that is only told when it is asked for: a fact of a host.
    return typeof key === 'string' && ([...this.#keys()].includes(key) || this.#make(key) !== undefined)
  }

  override get size(): number {
    return [...this.#keys()].length
  }

  override keys(): MapIterator<Value> {
    return new Set<Value>(this.#keys()).values()
  }

  override values(): MapIterator<Value> {
    return new Map(this.#pairs()).values()
  }

  override entries(): MapIterator<[Value, Value]> {
    return new Map(this.#pairs()).entries()
  }

  override [Symbol.iterator](): MapIterator<[Value, Value]> {
    return this.entries()
  }

  override forEach(each: (value: Value, key: Value, map: Map<Value, Value>) => void): void {
    for (const [key, value] of this.#pairs()) each(value, key, this)
  }

  #pairs(): [Value, Value][] {
    return [...this.#keys()].flatMap((key): [Value, Value][] => {
      const value = this.#make(key)
      return value === undefined ? [] : [[key, value]]
    })
  }
}
