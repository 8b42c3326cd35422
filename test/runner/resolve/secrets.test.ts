import t from 'tap'
import { MASK, Secrets } from '../../../runner/resolve/secrets.ts'
import { Dict, Float, Tuple, type Value } from '../../../runner/value/value.ts'

function secrets(...values: Value[]): Secrets {
  const made = new Secrets()
  for (const value of values) made.add(value)
  return made
}

const SECRET = 'pä s"w\'o\\rd$/+?'

t.test('masked in every form in which it may travel', async (t) => {
  const made = secrets(SECRET)
  const base64 = (before: string, after = 'tail'): string => Buffer.from(`${before}${SECRET}${after}`).toString('base64')
  const forms: Readonly<Record<string, string>> = {
    plain: SECRET,
    JSON: JSON.stringify({ a: SECRET }),
    'JSON in JSON': JSON.stringify(JSON.stringify(SECRET)),
    "Python's repr": `'${SECRET.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    'a shell, quoted': `'${SECRET.replaceAll("'", `'\\''`)}'`,
    'a shell, otherwise quoted': `'${SECRET.replaceAll("'", `'"'"'`)}'`,
    URL: `https://u:${encodeURIComponent(SECRET)}@h/`,
    'a form': `p=${encodeURIComponent(SECRET).replaceAll('%20', '+')}`,
  }
  const pieces = [SECRET, 'rd$/+?', encodeURIComponent('rd$/+?')]
  for (const [name, text] of Object.entries(forms)) {
    const masked = made.mask(text)
    t.ok(masked.includes(MASK), name)
    for (const piece of pieces) t.notOk(masked.includes(piece), `${name}: ${piece}`)
  }
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const masked = made.mask(base64(before))
    t.ok(masked.includes(MASK) && masked.length < 30, `base64 behind ${before.length} bytes: ${masked}`)
  }
  t.equal(made.mask(Buffer.from(SECRET).toString('base64url')), MASK)
})

t.test('every leaf of a value; but no truth value, null or empty text', async (t) => {
  const made = secrets(
    Dict.of({ user: 'name1', list: ['item22', new Tuple(['tuple333'])], pin: 12345, rate: new Float(1.25), yes: true, none: null, empty: '', blank: '  ' }),
  )
  t.equal(made.mask('name1 item22 tuple333 12345 1.25 true None'), `${Array(5).fill(MASK).join(' ')} true None`)
  t.equal(secrets('').mask('abc'), 'abc')
  t.equal(secrets().mask('abc'), 'abc')
})

t.test('a short secret is masked where it stands alone, and garbles no other text', async (t) => {
  const made = secrets('abc', 7)
  t.equal(made.mask('abc'), MASK)
  t.equal(made.mask('7'), MASK)
  t.equal(made.mask('abc 7 alphabcet'), 'abc 7 alphabcet')
  t.ok(made.isIn('abc') && !made.isIn('xabc'))
})

t.test('space around it, lines within it', async (t) => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n'
  const made = secrets(`  padded  `, key)
  t.equal(made.mask('[padded]'), `[${MASK}]`)
  t.notOk(made.mask(`+ MIIEvQIBADANBgkq`).includes('MIIE'))
  t.equal(made.mask(key), MASK)
  t.equal(made.mask(`"${JSON.stringify(key).slice(1, -1)}"`), `"${MASK}"`)
})

t.test('of overlapping secrets the longer one is masked', async (t) => {
  t.equal(secrets('hunter', 'hunter22').mask('hunter22 hunter'), `${MASK} ${MASK}`)
  t.equal(secrets('a.b*c').mask('aXbbc a.b*c'), `aXbbc ${MASK}`)
})

t.test('ordinary text is left alone', async (t) => {
  const text = 'A long line of words, 127.0.0.1, /etc/ipsec.d/tunnel.secrets and YWJjZGVm.\n'
  t.equal(secrets('correct horse', 'Tr0ub4dor&3').mask(text), text)
})

t.test('what a filter makes of a secret is secret, what it only picks or what still shows it is not new', async (t) => {
  const made = secrets('hunter22')
  made.derive(['hunter22'], 'f52fbd32b2b3b86f')
  t.equal(made.mask('sum f52fbd32b2b3b86f'), `sum ${MASK}`)
  made.derive([Dict.of({ a: 'hunter22', b: 'public' })], 'public')
  t.equal(made.mask('public'), 'public')
  made.derive(['hunter22', 'user:'], 'user:hunter22 logs in')
  t.equal(made.mask('user:x logs in'), 'user:x logs in')
  made.derive(['nothing secret'], 'derived text')
  t.equal(made.mask('derived text'), 'derived text')
  made.derive([['hunter22']], ['AAAABBBB', 'cc'])
  t.strictSame([made.mask('AAAABBBB'), made.mask('cc')], [MASK, 'cc'])
})

t.test('whether a value holds a secret', async (t) => {
  const made = secrets('hunter22', 4711)
  for (const value of [
    'x hunter22',
    ['hunter22'],
    Dict.of({ hunter22: 1 }),
    Dict.of({ a: new Tuple(['hunter22']) }),
    4711,
    '4711',
    Buffer.from('hunter22').toString('base64'),
  ] as Value[])
    t.ok(made.isInValue(value), JSON.stringify(value))
  for (const value of ['hunter', [], 4712, null, true] as Value[]) t.notOk(made.isInValue(value), JSON.stringify(value))
})
