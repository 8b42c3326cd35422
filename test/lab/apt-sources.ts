/**
 * The machine's own apt sources, reduced to Debian's: no mirror is named in this code, and no third party's packages get
 * into the lab. Both of apt's formats are read; what is Debian's is decided by apt itself, from the Release files it
 * has verified.
 */

/** One suite of one archive, as in a line `deb [options] uri suite components`. */
export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
  /** Such as signed-by; keys in lower case. */
  readonly options: Readonly<Record<string, string>>
}

/** Reads a file in the one-line format (`sources.list`, `*.list`). */
export function parseSourcesList(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line)
    if (!match) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    return [{ uri, suite, components: words(components), options: parseOptions(options) }]
  })
}

/** The fields of a stanza that are not options of its sources. */
const SOURCE_FIELDS = new Set(['types', 'uris', 'suites', 'components', 'enabled'])

/** Reads a file in the deb822 format (`*.sources`). */
export function parseSources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseStanza(stanza)
    if (!words(fields['types'] ?? '').includes('deb') || fields['enabled'] === 'no') return []
    const { uris = '', suites = '', components = '' } = fields
    const options = Object.fromEntries(Object.entries(fields).filter(([name]) => !SOURCE_FIELDS.has(name)))
    return words(uris).flatMap((uri) => words(suites).map((suite) => ({ uri, suite, components: words(components), options })))
  })
}

/** Those of `sources` that `apt-get indextargets` calls Debian's, of the release `codename`, and has verified. */
export function debianSources(sources: readonly AptSource[], indexTargets: string, codename: string): AptSource[] {
  const debian = new Set(
    indexTargets.split(/\n\s*\n/).flatMap((stanza) => {
      const target = parseStanza(stanza)
      const isDebian = target['origin'] === 'Debian' && target['trusted'] === 'yes'
      const isRelease = target['codename'] === codename || target['codename']?.startsWith(`${codename}-`)
      return isDebian && isRelease ? [sourceId(target['repo-uri'] ?? '', target['release'] ?? '')] : []
    }),
  )
  return sources.filter((source) => debian.has(sourceId(source.uri, source.suite)))
}

/** Options that a one-line entry can have and that matter for trust; the rest is for the machine itself. */
const keptOptions = ['signed-by', 'trusted', 'check-valid-until', 'check-date', 'allow-insecure', 'allow-weak']

/**
 * The source as a line for mmdebstrap.
 * @param keyFile writes a key that stands in the source itself to a file and gives its path
 */
export function sourceLine(source: AptSource, keyFile: (key: string) => string): string {
  const options = Object.entries(source.options)
    .filter(([name]) => keptOptions.includes(name))
    .map(([name, value]) => `${name}=${value.includes('BEGIN PGP') ? keyFile(inlineKey(value)) : words(value).join(',')}`)
  return ['deb', ...(options.length > 0 ? [`[${options.join(' ')}]`] : []), source.uri, source.suite, ...source.components].join(' ')
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)

const sourceId = (uri: string, suite: string): string => `${uri.replace(/\/+$/, '')} ${suite.replace(/\/+$/, '')}`

function parseOptions(text: string): Record<string, string> {
  return Object.fromEntries(
    words(text).map((option) => {
      const at = option.indexOf('=')
      return [option.slice(0, at).toLowerCase(), option.slice(at + 1)]
    }),
  )
}

/** `Name: value` with continuation lines; comment lines are left out. */
function parseStanza(stanza: string): Record<string, string> {
  const fields: Record<string, string> = {}
  let name = ''
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue
    const field = /^([^\s:]+):\s*(.*)$/.exec(line)
    if (field) {
      name = (field[1] ?? '').toLowerCase()
      fields[name] = field[2] ?? ''
    } else if (name && line.trim()) {
      fields[name] = `${fields[name] ?? ''}\n${line}`
    }
  }
  return fields
}

/** In deb822 an empty line of a key is written " ." and each line is indented. */
const inlineKey = (value: string): string =>
  value
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line === '.' ? '' : line))
    .join('\n')
