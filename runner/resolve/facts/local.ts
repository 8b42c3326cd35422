/** Facts that the host's administrator has put there: files `*.fact`, JSON or INI, or programs that print such. */
import { localFacts } from '../../contract/reading-scripts.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { parseConfig } from '../../value/config-parser.ts'
import { fromJson } from '../../value/read-json.ts'
import { Dict, type Value } from '../../value/value.ts'
import type { Collector } from './collector.ts'

export const local: Collector = {
  subset: 'local',
  gives: ['local'],
  alteredBy: ['file:/etc/ansible/facts.d*', 'package:*'],
  reads: (wish) => ({ queries: [{ ...localFacts(wish.factPath), timeoutMs: Math.max(30_000, wish.timeoutMs) }] }),
  facts: (host, wish) => {
    const reply = host.reply(localFacts(wish.factPath))
    const errors = new Map(pieces((reply?.stderr ?? '').slice(1), 2).map(([path, text]) => [path!, text!]))
    const facts = pieces(reply?.stdout ?? '', 5).map(([, path, kind, output, code]): [Value, Value] => {
      const name = path!.slice(path!.lastIndexOf('/') + 1).replaceAll('.fact', '')
      if (kind === 'x' && code !== '0') return [name, `Failure executing fact script (${path!}), rc: ${code!}, err: ${errors.get(path!) ?? ''}`]
      return [name, factOf(output!, path!)]
    })
    return { local: new Dict(facts) }
  },
}

/** What stands between NULs, so many at a time. */
function pieces(text: string, size: number): string[][] {
  const all = text.split('\0')
  return Array.from({ length: Math.floor(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
}

function factOf(text: string, path: string): Value {
  try {
    return fromJson(text)
  } catch (error) {
    if (error instanceof DiagnosticError) return `Failed to convert (${path}) to JSON: ${error.first.summary}`
  }
  try {
    return new Dict([...parseConfig(text)].map(([name, options]) => [name, new Dict(options)]))
  } catch {
    return `error loading facts as JSON or ini - please check content: ${path}`
  }
}
