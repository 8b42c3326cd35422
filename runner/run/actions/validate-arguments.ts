/** `validate_argument_spec`: a role's arguments against what is declared of them. */
import path from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import { readOptions } from '../../load/argument-spec.ts'
import type { Role } from '../../load/role.ts'
import { nodeOf } from '../../load/yaml.ts'
import { typeName } from '../../resolve/jinja/runtime/type.ts'
import { checkArguments, undeclared } from '../../resolve/role-arguments.ts'
import { print } from '../../value/print.ts'
import { Dict } from '../../value/value.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function validateArguments({ argument, bound, task, evaluator }: ActionContext): Outcome {
  const written = bound.args.get('argument_spec')
  const declared = written ? undefined : task.role?.role
  const entryPoint = declared?.entryPoint
  const range = written?.node?.range ?? written?.keyRange ?? bound.action.range
  if (!written && !entryPoint) fail('BAD_ARGUMENT', '"argument_spec" arg is required', { range: bound.action.range })
  const spec = written ? argument('argument_spec')! : evaluator.value(entryPoint!.written)
  const provided = argument('provided_arguments') ?? new Dict()
  for (const [name, value] of Object.entries({ argument_spec: spec, provided_arguments: provided }))
    if (!(value instanceof Dict)) fail('WRONG_TYPE', `Incorrect type for ${name}, expected dict and got <class '${typeName(value)}'>`, { range })
  const given = provided as Dict
  const options = entryPoint?.options ?? readOptions(nodeOf(spec, range))
  const faults = checkArguments(options, (name) => (given.has(name) ? given.get(name) : evaluator.get(name)))
  const summaries = faults.map(({ summary }) => summary)
  const unknown = undeclared(options, [...given.keys()].map(print))
  if (unknown !== undefined) summaries.push(unknown)
  const validate_args_context = declared ? contextOf(declared) : (argument('validate_args_context') ?? new Dict())
  if (summaries.length === 0) return { ...NOTHING, data: Dict.of({ msg: 'The arg spec validation passed', validate_args_context }) }
  const context = declared ? `the role '${declared.name}': ` : ''
  return failed(
    {
      message: `Validation of arguments failed:\n${summaries.join('\n')}`,
      diagnostic: { code: 'ROLE_ARGUMENT', severity: 'error', summary: context + summaries.join('; '), range: faults[0]?.range ?? bound.action.range },
    },
    { data: Dict.of({ argument_spec_data: spec, argument_errors: summaries, validate_args_context }) },
  )
}

function contextOf({ name, folder, entryPointName }: Role): Dict {
  return Dict.of({ argument_spec_name: entryPointName, name, path: path.resolve(folder), type: 'role' })
}
