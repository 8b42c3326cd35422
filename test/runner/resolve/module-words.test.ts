import t from 'tap'
import { z } from 'zod'
import { moduleWords } from '../../../runner/resolve/module-words.ts'
import { Float } from '../../../runner/value/value.ts'

const schema = z.strictObject({
  path: z.string(),
  state: z.enum(['file', 'absent']).optional(),
  port: z.int().optional(),
  force: z.boolean().optional(),
  list: z.array(z.string()).optional(),
  map: z.object({}).optional(),
})

function words(input: Record<string, unknown>): string | undefined {
  const { error } = schema.safeParse(input)
  return error && moduleWords(error.issues, { module: 'file', names: Object.keys(schema.shape), aliases: ['name', 'dest'], input })
}

t.test("what is wrong, in Ansible's words", async (t) => {
  const unconverted = (name: string, type: string, kind: string) =>
    `argument '${name}' is of type <class '${type}'> and we were unable to convert to ${kind}: <class '${type}'> cannot be converted to a${kind === 'int' ? 'n' : ''} ${kind}`
  for (const [input, expected] of [
    [{}, 'missing required arguments: path'],
    [{ path: 'p' }, undefined],
    [{ path: 'p', state: 'gone' }, 'value of state must be one of: file, absent, got: gone'],
    [{ path: 'p', port: 'x' }, unconverted('port', 'str', 'int')],
    [{ path: 'p', port: new Float(1.5) }, unconverted('port', 'float', 'int')],
    [{ path: 'p', list: { a: 1 } }, unconverted('list', 'dict', 'list')],
    [{ path: 'p', map: [1] }, unconverted('map', 'list', 'dict')],
    [{ path: 'p', map: null }, unconverted('map', 'NoneType', 'dict')],
    [{ path: 'p', force: 5 }, unconverted('force', 'int', 'bool')],
    [
      { path: 'p', z: 1, y: 2 },
      'Unsupported parameters for (file) module: y, z. Supported parameters include: force, list, map, path, port, state (dest, name).',
    ],
    // What is missing is told first, then what is of the wrong type.
    [{ z: 1, state: 'gone', port: 'x' }, 'missing required arguments: path'],
    [{ path: 'p', z: 1, state: 'gone', port: 'x' }, unconverted('port', 'str', 'int')],
  ] as const)
    t.equal(words(input), expected)
  t.match(words({ path: 'p', force: 'maybe' }), /unable to convert to bool: The value 'maybe' is not a valid boolean\. {2}Valid booleans include: 0, 1, /)
})
