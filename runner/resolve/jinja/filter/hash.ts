/** Digests, passwords and UUIDs. */
import { createHash, getHashes } from 'node:crypto'
import { print } from '../../../value/print.ts'
import type { Value } from '../../../value/value.ts'
import { md4 } from '../library/md4.ts'
import { hashPassword } from '../library/password-hash.ts'
import { refuseValue } from '../runtime/callable.ts'
import { checkUsable } from '../runtime/iterate.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'

/** The namespace of Ansible's UUIDs. */
const ANSIBLE_NAMESPACE = '361E6D51-FAEC-444A-9079-341386DA8E2E'

export const HASH_FILTERS: readonly Filter[] = [
  filter('checksum', 'The SHA-1 digest, in hexadecimal.', (input) => digest(input, 'sha1')),
  filter("hash(hashtype='sha1')", 'A digest, in hexadecimal.', (input, args) => {
    checkUsable(input)
    const type = args.text('hashtype').toLowerCase().replaceAll('-', '_')
    const name = type.startsWith('sha3_') ? type.replace('_', '-') : type === 'blake2b' ? 'blake2b512' : type === 'blake2s' ? 'blake2s256' : type
    if (name === 'md4') return md4(print(input))
    if (!getHashes().includes(name)) return refuseValue(`unsupported hash type ${type}`)
    return digest(input, name)
  }),
  filter('md5', 'The MD5 digest, in hexadecimal.', (input) => digest(input, 'md5')),
  filter("password_hash(hashtype='sha512', salt=None, salt_size=None, rounds=None, ident=None)", 'A password as it stands in /etc/shadow.', passwordHash),
  filter('sha1', 'The SHA-1 digest, in hexadecimal.', (input) => digest(input, 'sha1')),
  filter('to_uuid(namespace=None)', 'A UUID that is made of the text.', (input, args) =>
    uuid5(print(input), args.textOrNull('namespace') ?? ANSIBLE_NAMESPACE),
  ),
]

function digest(input: Value, name: string): string {
  checkUsable(input)
  return createHash(name).update(print(input), 'utf8').digest('hex')
}

function uuid5(name: string, namespace: string): string {
  const hex = namespace.replace(/^urn:uuid:|[-{}]/gi, '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) return refuseValue(`Invalid value '${namespace}' for 'namespace', it is no UUID`)
  const hash = createHash('sha1').update(Buffer.from(hex, 'hex')).update(name, 'utf8').digest()
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const text = hash.toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20, 32)}`
}

function passwordHash(input: Value, args: Args): Value {
  return hashPassword(args.text('hashtype'), textInput(input, 'password_hash'), {
    salt: args.value('salt') === null ? undefined : args.printed('salt'),
    saltSize: args.wholeOrNull('salt_size') ?? undefined,
    rounds: args.wholeOrNull('rounds') ?? undefined,
    ident: args.textOrNull('ident') ?? undefined,
  })
}
