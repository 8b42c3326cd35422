import t from 'tap'
import { z } from 'zod'
import { parameterWords } from '../../../runner/resolve/parameter-words.ts'
import { Float } from '../../../runner/value/value.ts'

t.test('what is wrong, as a sentence', async (t) => {
  for (const [schema, value, expected] of [
    [z.string(), 5, 'it has to be text, and is a number'],
    [z.string(), null, 'it has to be text, and is empty'],
    [z.string(), undefined, 'it is missing, and has to be text'],
    [z.boolean(), 'x', 'it has to be true or false, and is text'],
    [z.int(), 1.5, 'it has to be a whole number, and is a number'],
    [z.number(), new Float(1), 'it has to be a number, and is a number'],
    [z.array(z.string()), {}, 'it has to be a list, and is a mapping'],
    [z.object({}), [], 'it has to be a mapping, and is a list'],
    [z.string(), true, 'it has to be text, and is a boolean'],
    [z.enum(['a', 'b']), 'c', 'it has to be one of a, b'],
    [z.enum(['\n', 'x y']), 'c', 'it has to be one of "\\n", "x y"'],
    [z.literal('a'), 'c', 'it has to be a'],
    [z.number().min(1), 0, 'it has to be at least 1'],
    [z.number().gt(1), 1, 'it has to be more than 1'],
    [z.number().max(5), 6, 'it has to be at most 5'],
    [z.number().lt(5), 5, 'it has to be less than 5'],
    [z.string().min(1), '', 'it cannot be empty'],
    [z.string().min(3), 'x', 'it needs at least 3 characters'],
    [z.array(z.string()).min(2), [], 'it needs at least 2 items'],
    [z.string().max(1), 'xx', 'it has at most 1 characters'],
    [z.string().regex(/^a/, 'begins with a'), 'b', 'begins with a'],
    [z.string().refine(() => false, 'own words'), 'b', 'own words'],
  ] as const)
    t.equal((schema as z.ZodType).safeParse(value, { error: parameterWords }).error?.issues[0]?.message, expected, expected)
})
