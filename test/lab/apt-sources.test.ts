import t from 'tap'
import { debianSources, parseSources, parseSourcesList, sourceLine } from './apt-sources.ts'

const noKey = () => t.fail('there is no key in the source') as never

t.test('the one-line format', async (t) => {
  const text = [
    '# deb http://mirror.test/debian bookworm main',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.test/debian bookworm main contrib # why',
    'deb-src http://mirror.test/debian bookworm main',
    'deb file:/srv/local ./',
  ].join('\n')
  t.same(parseSourcesList(text), [
    {
      uri: 'http://mirror.test/debian',
      suite: 'bookworm',
      components: ['main', 'contrib'],
      options: { arch: 'amd64', 'signed-by': '/usr/share/keyrings/a.gpg' },
    },
    { uri: 'file:/srv/local', suite: './', components: [], options: {} },
  ])
})

const deb822 = `Types: deb deb-src
# a comment between fields
URIs: https://mirror.test/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: https://vendor.test/apt
Suites: stable
Components: main

Enabled: no
Types: deb
URIs: https://off.test/debian
Suites: bookworm
Components: main
`

t.test('the deb822 format', async (t) => {
  const found = parseSources(deb822).map(({ uri, suite }) => `${uri} ${suite}`)
  t.same(found, ['https://mirror.test/debian/ bookworm', 'https://mirror.test/debian/ bookworm-updates', 'https://vendor.test/apt stable'])
})

t.test('only what apt calls Debian’s, verified and of the release', async (t) => {
  const target = (origin: string, codename: string, trusted: string, uri: string, release: string) =>
    `Origin: ${origin}\nCodename: ${codename}\nTrusted: ${trusted}\nRelease: ${release}\nRepo-URI: ${uri}\n`
  const targets = [
    target('Debian', 'bookworm', 'yes', 'https://mirror.test/debian/', 'bookworm'),
    target('Debian', 'bookworm-updates', 'no', 'https://mirror.test/debian/', 'bookworm-updates'),
    target('Vendor', 'bookworm', 'yes', 'https://vendor.test/apt/', 'stable'),
  ].join('\n')
  const found = debianSources(parseSources(deb822), targets, 'bookworm')
  t.same(
    found.map(({ suite }) => suite),
    ['bookworm'],
  )
})

t.test('as a line for mmdebstrap', async (t) => {
  const keys: string[] = []
  const keyFile = (key: string) => `/tmp/key-${keys.push(key)}.asc`
  const [inline] = parseSources(deb822)
  if (!inline) return t.fail('nothing was parsed')
  t.equal(sourceLine(inline, keyFile), 'deb [signed-by=/tmp/key-1.asc] https://mirror.test/debian/ bookworm main')
  t.equal(keys[0], '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBF\n-----END PGP PUBLIC KEY BLOCK-----')
  const source = {
    uri: 'http://mirror.test/debian',
    suite: 'bookworm',
    components: ['main'],
    options: { arch: 'amd64' },
  }
  t.equal(sourceLine(source, noKey), 'deb http://mirror.test/debian bookworm main')
})
