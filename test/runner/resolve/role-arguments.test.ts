import t from 'tap'
import { SourceFile } from '../../../runner/diagnostic/source.ts'
import { readArgumentSpecs, type ArgumentSpec } from '../../../runner/load/argument-spec.ts'
import { parseYaml, toRaw } from '../../../runner/load/yaml.ts'
import { Jinja } from '../../../runner/resolve/jinja/index.ts'
import { checkArguments, registerSecretArguments } from '../../../runner/resolve/role-arguments.ts'
import { MASK, Secrets } from '../../../runner/resolve/secrets.ts'
import { Evaluator, Variables } from '../../../runner/resolve/variables.ts'
import { Unknown, type Raw, type RawDict, type Value } from '../../../runner/value/value.ts'
import { faultLine } from '../../support/faults.ts'

const yaml = (text: string): ReturnType<typeof parseYaml> => parseYaml(new SourceFile('f.yml', text), () => undefined)
const spec = (options: string): ReadonlyMap<string, ArgumentSpec> => readArgumentSpecs(yaml(`main: {options: ${options}}`)).get('main')!.options

function evaluator(values: ReadonlyMap<Value, Raw>): Evaluator {
  const variables = new Variables()
  variables.add('role params', values)
  return new Evaluator(new Jinja(), variables)
}

const check = (options: string, values: string): string[] => {
  const given = evaluator(toRaw(yaml(values)) as RawDict)
  return checkArguments(spec(options), (name) => given.get(name)).map((fault) => faultLine(fault).replace('ROLE_ARGUMENT - ', ''))
}

t.test('what is missing or of the wrong type', async (t) => {
  for (const [options, values, ...expected] of [
    ['{a: {required: true}}', '{a: x}'],
    ['{a: {required: true}}', '{}', 'missing required arguments: a'],
    ['{a: {required: true}}', '{a: null}'],
    ['{a: {required: true, default: 1}}', '{}'],
    ['{a: {type: int, choices: [1]}}', '{a: null}', 'value of a must be one of: 1, got: None'],
    ['{a: {}}', '{}'],
    ['{a: {type: int}}', '{a: "12"}'],
    ['{a: {type: int}}', '{a: x}', "argument 'a' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int"],
    [
      '{a: {type: int}}',
      '{a: 1.5}',
      "argument 'a' is of type <class 'float'> and we were unable to convert to int: <class 'float'> cannot be converted to an int",
    ],
    ['{a: {type: float}}', '{a: "1.5"}'],
    ['{a: {type: bool}}', '{a: "yes"}'],
    [
      '{a: {type: bool}}',
      '{a: maybe}',
      "argument 'a' is of type <class 'str'> and we were unable to convert to bool: The value 'maybe' is not a valid boolean.  Valid booleans include: 0, 1, '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'",
    ],
    ['{a: {type: str}}', '{a: 5}'],
    ['{a: {type: str}}', '{a: [x]}'],
    ['{a: {type: int}}', '{a: true}'],
    ['{a: {type: bool}}', '{a: 5}', "argument 'a' is of type <class 'int'> and we were unable to convert to bool: <class 'int'> cannot be converted to a bool"],
    ['{a: {type: list}}', '{a: 5}'],
    [
      '{a: {type: list}}',
      '{a: {b: 1}}',
      "argument 'a' is of type <class 'dict'> and we were unable to convert to list: <class 'dict'> cannot be converted to a list",
    ],
    ['{a: {type: json}}', '{a: 5}', "argument 'a' is of type <class 'int'> and we were unable to convert to json: <class 'int'> cannot be converted to a json"],
    ['{a: {type: dict, options: {b: {type: int}}}}', '{a: \'{"b": 1}\'}'],
    [
      '{a: {type: dict, options: {b: {type: int}}}}',
      "{a: 'b=x'}",
      "argument 'b' is of type <class 'str'> found in 'a'. and we were unable to convert to int: <class 'str'> cannot be converted to an int",
    ],
    ['{a: {type: list, elements: str, choices: [x, y]}}', '{a: [x, y]}'],
    ['{a: {type: list, elements: str, choices: [x, y]}}', '{a: "x,z"}', 'value of a must be one or more of: x, y. Got no match for: z'],
    ['{a: {type: list, elements: int, choices: [1, 2]}}', '{a: ["1", 2]}'],
    ['{a: {choices: [true, no-way]}}', '{a: true}'],
    ['{a: {choices: [1]}}', '{a: 1}', 'value of a must be one of: 1, got: 1'],
    ['{a: {type: dict, options: {b: {aliases: [c], required: true}}}}', '{a: {c: 1}}'],
    [
      '{a: {type: list, elements: dict, options: {b: {}}}}',
      '{a: [x]}',
      "Value 'x' in the sub parameter field 'a' must by a list, not 'str'",
      "Elements value for option 'a' is of type <class 'str'> and we were unable to convert to dict: <class 'str'> cannot be converted to a dict",
    ],
    ['{a: {type: dict, mutually_exclusive: [[b, c]], options: {b: {}, c: {}}}}', '{a: {b: 1, c: 2}}', 'parameters are mutually exclusive: b|c found in a'],
    ['{a: {type: dict, mutually_exclusive: [b, c], options: {b: {}, c: {}}}}', '{a: {b: 1}}'],
    ['{a: {type: dict, required_together: [[b, c]], options: {b: {}, c: {}}}}', '{a: {b: 1}}', 'parameters are required together: b, c found in a'],
    ['{a: {type: dict, required_one_of: [[b, c]], options: {b: {}, c: {}}}}', '{a: {}}', 'one of the following is required: b, c found in a'],
    [
      '{a: {type: dict, required_if: [[b, x, [c, d]]], options: {b: {}, c: {}, d: {}}}}',
      '{a: {b: x, c: 1}}',
      'b is x but all of the following are missing: d found in a',
    ],
    ['{a: {type: dict, required_if: [[b, x, [c, d], true]], options: {b: {default: x}, c: {}, d: {}}}}', '{a: {c: 1}}'],
    ['{a: {type: dict, required_by: {b: c}, options: {b: {}, c: {}}}}', '{a: {b: 1}}', "missing parameter(s) required by 'b': c found in a"],
    ['{a: {type: dict}}', '{a: x}', "argument 'a' is of type <class 'str'> and we were unable to convert to dict: <class 'str'> cannot be converted to a dict"],
    [
      '{a: {type: list, elements: int}}',
      '{a: [1, x]}',
      "Elements value for option 'a' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int",
    ],
    ['{a: {type: int, choices: [1, 2]}}', '{a: "2"}'],
    ['{a: {choices: [x, y]}}', '{a: z}', 'value of a must be one of: x, y, got: z'],
    ['{a: {choices: [x, y], no_log: true}}', '{a: z}', 'value of a must be one of: x, y, got: ********'],
    ['{a: {type: dict, options: {b: {required: true}}}}', '{a: {c: 1}}', 'missing required arguments: b found in a', 'a.c. Supported parameters include: b.'],
    [
      '{a: {type: list, elements: dict, options: {b: {type: int}}}}',
      '{a: [{b: 1}, {b: x}]}',
      "argument 'b' is of type <class 'str'> found in 'a'. and we were unable to convert to int: <class 'str'> cannot be converted to an int",
    ],
    ['{a: {type: dict, no_log: true, options: {b: {choices: [x]}}}}', '{a: {b: z}}', 'value of b must be one of: x, got: ******** found in a'],
    [
      '{a: {type: list, elements: dict, no_log: true, options: {b: {}}}}',
      '{a: [z]}',
      "Value '********' in the sub parameter field 'a' must by a list, not 'str'",
      "Elements value for option 'a' is of type <class 'str'> and we were unable to convert to dict: <class 'str'> cannot be converted to a dict",
    ],
    ['{a: {}}', '{a: "{{ gone }}"}', "UNDEFINED_VARIABLE f.yml:1:9 'gone' is undefined"],
  ] as const)
    t.strictSame(check(options, values), expected, `${options} ${values}`)
  const given = evaluator(new Map([['a', new Unknown('TASK [x]')]]))
  t.strictSame(
    checkArguments(spec('{a: {required: true}}'), (name) => given.get(name)),
    [],
    'what cannot be known yet is not judged',
  )
})

t.test('secret arguments are registered, at any depth', async (t) => {
  const secrets = new Secrets()
  const values = '{psk: hunter22, open: public, peers: [{psk: "{{ other }}", name: peer1}], other: swordfish, broken: "{{ gone }}"}'
  registerSecretArguments(
    spec('{psk: {no_log: true}, open: {}, peers: {type: list, elements: dict, options: {psk: {no_log: true}, name: {}}}, broken: {no_log: true}}'),
    evaluator(toRaw(yaml(values)) as RawDict),
    secrets,
  )
  t.equal(secrets.mask('hunter22 public swordfish peer1'), `${MASK} public ${MASK} peer1`)
})
