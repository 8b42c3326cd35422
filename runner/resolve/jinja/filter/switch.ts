/** Filters of ansible.netcommon for the configuration of switches. */
import { print } from '../../../value/print.ts'
import { integer } from '../runtime/numbers.ts'
import type { Value } from '../../../value/value.ts'
import { hashPassword } from '../library/password-hash.ts'
import { refuseValue } from '../runtime/callable.ts'
import { itemsOf } from '../runtime/iterate.ts'
import { checkItems } from '../runtime/limits.ts'
import { filter, textInput } from '../runtime/operation.ts'
import type { Args, Filter } from '../runtime/operation.ts'

export const SWITCH_FILTERS: readonly Filter[] = [
  filter('comp_type5(encrypted_password, return_original=False)', 'Whether a type 5 password is this one encrypted.', (input, args) => {
    const encrypted = args.text('encrypted_password')
    const isSame = typeFive(textInput(input, 'comp_type5'), saltOf(encrypted)) === encrypted
    return isSame && args.value('return_original') === true ? encrypted : isSame
  }),
  filter('hash_salt', 'The salt of a type 5 password.', (input) => saltOf(textInput(input, 'hash_salt'))),
  filter('type5_pw(salt=None)', 'A password as type 5, which is MD5-crypt.', (input, args) => {
    const salt = args.textOrNull('salt') ?? ''
    if (!/^[a-zA-Z0-9./]*$/.test(salt)) return refuseValue('type5_pw salt used inproper characters, must be one of letters, digits, . and /')
    return typeFive(textInput(input, 'type5_pw'), salt)
  }),
  filter('vlan_expander', 'The numbers of a list of VLANs such as `1,3-5`.', expandVlans),
  filter('vlan_parser(first_line_len=48, other_line_len=44)', 'Numbers of VLANs as the lines that a switch takes.', vlanLines),
]

function typeFive(password: string, salt: string): string {
  return hashPassword('md5', password, salt === '' ? { saltSize: 4 } : { salt })
}

function saltOf(encrypted: string): string {
  const parts = encrypted.split('$')
  return parts.length === 4 ? parts[2]! : refuseValue(`Could not parse salt out password correctly from ${encrypted}`)
}

function expandVlans(input: Value): Value {
  const numbers = textInput(input, 'vlan_expander')
    .split(',')
    .flatMap((each) => {
      const bounds = each.split('-').map(vlanNumber)
      if (bounds.length > 2) return refuseValue('too many values to unpack (expected 2)')
      const [first = 0, last = first] = bounds
      const length = Math.max(0, last - first + 1)
      checkItems(length)
      return Array.from({ length }, (_, index) => first + index)
    })
  return numbers.sort((a, b) => a - b)
}

function vlanNumber(text: string): number {
  return /^\s*[-+]?\d+\s*$/.test(text) ? Number(text) : refuseValue(`invalid literal for int() with base 10: '${text}'`)
}

/** Runs of three and more are written with a dash; a line is filled up to its length. */
function vlanLines(input: Value, args: Args): Value {
  const numbers = itemsOf(input).map((item) => {
    const whole = integer(item)
    return whole === undefined ? refuseValue(`a VLAN is a number, not ${print(item)}`) : Number(whole)
  })
  const sorted = [...new Set(numbers)].sort((a, b) => a - b)
  if (sorted.length === 0) return refuseValue('list index out of range')
  if (sorted[0]! < 1 || sorted.at(-1)! > 4094) return refuseValue('Valid VLAN range is 1-4094')
  const lines = ['']
  for (const part of runsOf(sorted)) {
    const limit = lines.length === 1 ? args.whole('first_line_len') : args.whole('other_line_len')
    const last = lines.at(-1)!
    if (last.length + part.length > limit) lines.push(`${part},`)
    else lines[lines.length - 1] = `${last}${part},`
  }
  const shown = lines.map((line) => line.replace(/,+$/, ''))
  const empty = shown.indexOf('')
  return empty < 0 ? shown : shown.toSpliced(empty, 1)
}

function runsOf(sorted: readonly number[]): string[] {
  const parts: string[] = []
  for (let at = 0; at < sorted.length;) {
    let end = at
    while (sorted[end + 1] === sorted[end]! + 1) end++
    if (end - at >= 2) parts.push(`${sorted[at]!}-${sorted[end]!}`)
    else parts.push(...sorted.slice(at, end + 1).map(String))
    at = end + 1
  }
  return parts
}
