/** `vars_prompt`: variables that a person is asked for when a play begins. */
import { fail } from '../diagnostic/diagnostic.ts'
import { entryOf } from '../load/yaml.ts'
import type { CompiledPlay } from '../plan/compiled.ts'
import type { Evaluator } from '../resolve/variables.ts'
import { print } from '../value/print.ts'
import { booleanOf } from '../value/truth.ts'
import { Dict, RawDict, type Value } from '../value/value.ts'
import type { Session } from './session.ts'
import { askTerminal } from './terminal.ts'

/**
 * The variables of a play's `vars_prompt` that the command line does not give. Where nobody can be asked, their defaults.
 *
 * @throws {DiagnosticError} for an entry without a name, and for a question that has no answer.
 */
export async function promptFor(session: Session, compiled: CompiledPlay, evaluator: Evaluator): Promise<RawDict> {
  const answers = new RawDict()
  const keyword = compiled.play.keywords.get('vars_prompt')
  if (!keyword || keyword.raw === null) return answers
  const value = evaluator.value(keyword.raw)
  for (const [index, entry] of (Array.isArray(value) ? value : [value]).entries()) {
    const node = keyword.node.kind === 'list' ? keyword.node.items[index]! : keyword.node
    const name = entry instanceof Dict ? entry.get('name') : undefined
    if (!(entry instanceof Dict) || name === undefined || name === null)
      fail('WRONG_TYPE', "an entry of 'vars_prompt' is a mapping with 'name'", { range: node.range })
    const unknown = [...entry.keys()].map(print).find((key) => !PROMPT_KEYS.includes(key))
    if (unknown !== undefined)
      fail('UNKNOWN_KEYWORD', `'${unknown}' is not a keyword of vars_prompt`, {
        range: entryOf(node, unknown)?.keyRange ?? node.range,
        hint: `It has: ${PROMPT_KEYS.join(', ')}.`,
      })
    if (session.options.extraVars.has(name)) continue
    const answer = await ask(session, entry)
    answers.set(name, encrypted(answer, entry, session))
  }
  return answers
}

const PROMPT_KEYS = ['name', 'prompt', 'default', 'private', 'confirm', 'encrypt', 'salt_size', 'salt', 'unsafe']

async function ask(session: Session, entry: Dict): Promise<Value> {
  const fallback = entry.get('default') ?? null
  if (!process.stdin.isTTY) {
    session.warn({
      code: 'UNSUPPORTED_VALUE',
      severity: 'warning',
      summary: `nobody can be asked for '${print(entry.get('name')!)}': standard input is no terminal`,
    })
    return print(fallback)
  }
  const hidden = booleanOf(entry.get('private') ?? true)
  const text = print(entry.get('prompt') ?? entry.get('name')!)
  const question = fallback === null ? `${text}: ` : `${text} [${print(fallback)}]: `
  for (;;) {
    const answer = await askTerminal(question, hidden)
    if (!booleanOf(entry.get('confirm') ?? false) || answer === (await askTerminal(`confirm ${question}`, hidden))) {
      // What is typed unseen is a secret; what stands in the playbook is none.
      if (hidden && answer !== '') session.secrets.add(answer)
      if (answer !== '') return answer
      return fallback === null ? null : print(fallback)
    }
    process.stderr.write('***** VALUES ENTERED DO NOT MATCH ****\n')
  }
}

/** The answer as the filter `password_hash` makes it, where `encrypt` names a method. */
function encrypted(answer: Value, entry: Dict, session: Session): Value {
  const method = entry.get('encrypt')
  if (answer === null || method === undefined || method === null || method === '') return answer
  const names = new Map<string, Value>([
    ['answer', print(answer)],
    ['method', print(method).replace(/_crypt$/, '')],
    ['salt', entry.get('salt') ?? null],
    ['salt_size', entry.get('salt_size') ?? null],
  ])
  const hash = session.jinja.evaluate(
    { text: 'answer | password_hash(method, salt, salt_size)' },
    { get: (name) => names.get(name), names: () => names.keys() },
  )
  session.secrets.add(hash)
  return hash
}
