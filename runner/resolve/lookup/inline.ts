/** Options within the text of a term, an old form: `count=4 format=web%02d`, `key file=x.ini`. */

export interface InlineTerm {
  /** The words that are no `name=value`, joined by spaces, their quotes kept; undefined where there are none. */
  readonly rest: string | undefined
  readonly options: ReadonlyMap<string, string>
}

export function parseInline(term: string): InlineTerm {
  const options = new Map<string, string>()
  const rest: string[] = []
  for (const [word] of term.matchAll(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+/g)) {
    const [, name, value] = /^([^\s=\\]+)=([\s\S]*)$/.exec(word) ?? []
    if (name !== undefined && !/^["']/.test(word)) options.set(name, unquote(value!))
    else rest.push(word)
  }
  return { rest: rest.length === 0 ? undefined : rest.join(' '), options }
}

function unquote(word: string): string {
  return /^(["'])[\s\S]*\1$/.test(word) && word.length > 1 ? word.slice(1, -1) : word
}
