/** `validate_argument_spec`: a role's arguments against what is declared of them. */
import path from 'node:path'
import { fail } from '../../diagnostic/diagnostic.ts'
import { readOptions } from '../../load/argument-spec.ts'
import type { Role } from '../../load/role.ts'
import { checkArguments } from '../../resolve/role-arguments.ts'
import { Dict } from '../../value/value.ts'
import { failed, NOTHING, type Outcome } from '../outcome.ts'
import type { ActionContext } from './action.ts'

export function validateArguments({ argument, bound, task, evaluator }: ActionContext): Outcome {
  const written = bound.args.get('argument_spec')
  const declared = task.role?.role
  if (written && written.node?.kind !== 'map') fail('WRONG_TYPE', "'argument_spec' is a mapping of arguments", { range: written.keyRange })
  const options = written ? readOptions(written.node) : (declared?.entryPoint?.options ?? new Map())
  const provided = argument('provided_arguments')
  const faults = checkArguments(options, (name) => (provided instanceof Dict && provided.has(name) ? provided.get(name) : evaluator.get(name)))
  if (faults.length === 0) return { ...NOTHING, data: Dict.of({ msg: 'The arg spec validation passed' }) }
  const context = declared && !written ? `the role '${declared.name}': ` : ''
  return failed(
    {
      message: `Validation of arguments failed:\n${faults.map(({ summary }) => summary).join('\n')}`,
      diagnostic: {
        code: 'ROLE_ARGUMENT',
        severity: 'error',
        summary: context + faults.map(({ summary }) => summary).join('; '),
        range: faults[0]!.range ?? bound.action.range,
      },
    },
    {
      data: Dict.of({
        argument_errors: faults.map(({ summary }) => summary),
        validate_args_context: declared && !written ? contextOf(declared) : (argument('validate_args_context') ?? new Dict()),
      }),
    },
  )
}

function contextOf({ name, folder, entryPointName }: Role): Dict {
  return Dict.of({ argument_spec_name: entryPointName, name, path: path.resolve(folder), type: 'role' })
}
