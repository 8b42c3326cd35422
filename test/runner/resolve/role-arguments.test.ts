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
    ['{a: {type: int, choices: [1]}}', '{a: null}', "'a' is 'None', and has to be one of 1"],
    ['{a: {}}', '{}'],
    ['{a: {type: int}}', '{a: "12"}'],
    ['{a: {type: int}}', '{a: x}', "'a' has to be of type int"],
    ['{a: {type: int}}', '{a: 1.5}', "'a' has to be of type int"],
    ['{a: {type: float}}', '{a: "1.5"}'],
    ['{a: {type: bool}}', '{a: "yes"}'],
    ['{a: {type: bool}}', '{a: maybe}', "'a' has to be of type bool"],
    ['{a: {type: str}}', '{a: 5}'],
    ['{a: {type: str}}', '{a: [x]}'],
    ['{a: {type: int}}', '{a: true}'],
    ['{a: {type: bool}}', '{a: 5}', "'a' has to be of type bool"],
    ['{a: {type: list}}', '{a: 5}'],
    ['{a: {type: list}}', '{a: {b: 1}}', "'a' has to be of type list"],
    ['{a: {type: json}}', '{a: 5}', "'a' has to be of type json"],
    ['{a: {type: dict, options: {b: {type: int}}}}', '{a: \'{"b": 1}\'}'],
    ['{a: {type: dict, options: {b: {type: int}}}}', "{a: 'b=x'}", "'a.b' has to be of type int"],
    ['{a: {type: list, elements: str, choices: [x, y]}}', '{a: [x, y]}'],
    ['{a: {type: list, elements: str, choices: [x, y]}}', '{a: "x,z"}', "'a[1]' is 'z', and has to be one of x, y"],
    ['{a: {type: list, elements: int, choices: [1, 2]}}', '{a: ["1", 2]}'],
    ['{a: {choices: [true, no-way]}}', '{a: true}'],
    ['{a: {choices: [1]}}', '{a: 1}', "'a' is '1', and has to be one of 1"],
    ['{a: {type: dict, options: {b: {aliases: [c], required: true}}}}', '{a: {c: 1}}'],
    ['{a: {type: list, elements: dict, options: {b: {}}}}', '{a: [x]}', "'a[0]' has to be of type dict"],
    ['{a: {type: dict, mutually_exclusive: [[b, c]], options: {b: {}, c: {}}}}', '{a: {b: 1, c: 2}}', 'a.b, a.c exclude each other'],
    ['{a: {type: dict, mutually_exclusive: [b, c], options: {b: {}, c: {}}}}', '{a: {b: 1}}'],
    ['{a: {type: dict, required_together: [[b, c]], options: {b: {}, c: {}}}}', '{a: {b: 1}}', 'a.b, a.c are needed together'],
    ['{a: {type: dict, required_one_of: [[b, c]], options: {b: {}, c: {}}}}', '{a: {}}', 'one of a.b, a.c is needed'],
    ['{a: {type: dict, required_if: [[b, x, [c, d]]], options: {b: {}, c: {}, d: {}}}}', '{a: {b: x, c: 1}}', 'where a.b is x, these are needed: a.d'],
    ['{a: {type: dict, required_if: [[b, x, [c, d], true]], options: {b: {default: x}, c: {}, d: {}}}}', '{a: {c: 1}}'],
    ['{a: {type: dict, required_by: {b: c}, options: {b: {}, c: {}}}}', '{a: {b: 1}}', 'with a.b these are needed: a.c'],
    ['{a: {type: dict}}', '{a: x}', "'a' has to be of type dict"],
    ['{a: {type: list, elements: int}}', '{a: [1, x]}', "'a[1]' has to be of type int"],
    ['{a: {type: int, choices: [1, 2]}}', '{a: "2"}'],
    ['{a: {choices: [x, y]}}', '{a: z}', "'a' is 'z', and has to be one of x, y"],
    ['{a: {choices: [x, y], no_log: true}}', '{a: z}', "'a' is '********', and has to be one of x, y"],
    ['{a: {type: dict, options: {b: {required: true}}}}', '{a: {c: 1}}', 'missing required arguments: a.b', "'a.c' is not among the declared arguments"],
    ['{a: {type: list, elements: dict, options: {b: {type: int}}}}', '{a: [{b: 1}, {b: x}]}', "'a[1].b' has to be of type int"],
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
