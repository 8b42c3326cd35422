/** What may name a variable: what Python takes as a name, of ASCII. */

/** Words of Python's own. */
const RESERVED = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
)

export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name)
}

/** Ansible's words for a name that no variable can have. */
export function misnamedVariable(name: string): string {
  const rule = 'Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.'
  return `The variable name '${name}' is not valid. ${rule}`
}

export const VARIABLE_NAME_HINT = "Such a name has letters, digits and _, does not begin with a digit, and is no word of Python's own."
