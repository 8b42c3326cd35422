/**
 * The read-only list: which programs a module may run as a query, and how. A query may be sent at any time, in a dry run,
 * ahead of its task, and twice; so nothing may be on this list that alters the host, refreshes a cache, waits for ever, or
 * runs another program.
 *
 * Options are listed, not excluded: getopt accepts every unambiguous beginning of a long option, so `--vac` is `--vacuum`.
 */
import type { CloudRead } from '../contract/cloud.ts'
import { READING_SCRIPTS } from '../contract/reading-scripts.ts'
import type { QueryRead } from '../contract/resource.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

interface Rule {
  /** Each option has to match. Without it a program takes any option: none of them writes. */
  readonly options?: RegExp
  /** Options that take the next word with them, whatever it is. */
  readonly valued?: readonly string[]
  /** The first operand. */
  readonly verb?: RegExp
  /** Each operand after the verb; each operand, where there is no verb. */
  readonly operands?: RegExp
  /** At least one option has to match: what makes the program read only, or end. */
  readonly needs?: RegExp
  /** Where the program writes though it only reads; the query has to ask for scratch folders in these places. */
  readonly writesTo?: readonly string[]
  /** What is not said by the above. */
  readonly also?: (words: Words) => boolean
}

interface Words {
  readonly all: readonly string[]
  readonly options: readonly string[]
  readonly operands: readonly string[]
  /** The values of valued options, in their order. */
  readonly values: readonly string[]
}

const ANYTHING: Rule = {}
const NO_OPERANDS = /^(?!)/

/** The second listens until nothing has come for a second. */
const CONNECTING_SCRIPTS: ReadonlySet<string> = new Set([
  ': <"/dev/tcp/$0/$1"',
  'exec 3<"/dev/tcp/$0/$1" && { while IFS= read -r -t 1 -u 3 l; do printf "%s\\n" "$l"; done; printf %s "$l"; }',
])

const PAGERLESS = 'no-pager|no-legend|quiet|full|all|plain|value|json=.*|user|system'

const FIREWALL: Rule = {
  options:
    /^(-q|-V|--(quiet|version|state|check-config|permanent|direct|get-[a-z-]+|list-[a-z-]+|query-[a-z-]+(=.*)?|info-[a-z-]+=.*|(zone|policy|service|ipset|helper|icmptype|family|path)(=.*)?|get-(zone-of-interface|zone-of-source|helpers|description)=.*))$/s,
  needs: /^(-V|--(version|state|check-config|get-|list-|query-|info-))/,
  valued: ['--zone', '--policy', '--service', '--ipset', '--helper', '--icmptype'],
  // `--direct --get-rules ipv4 filter INPUT` and the like.
  operands: /^[^-]/s,
}

const DNF: Rule = {
  options:
    /^(-[Cqv]+|--(cacheonly|version|quiet|installed|available|extras|updates|upgrades|userinstalled|all|showduplicates|latest-limit(=.*)?|(qf|queryformat|whatprovides|whatrequires|repo|repoid|enablerepo|disablerepo|disableplugin|releasever|forcearch|arch|installroot|requires|provides|location|nevra|name|file)(=.*)?|info|list|enabled|disabled|assumeno|setopt=install_weak_deps=(True|False)))$/s,
  valued: ['--qf', '--queryformat', '--whatprovides', '--whatrequires', '--repo', '--repoid', '--enablerepo', '--disablerepo', '--arch'],
  verb: /^(repoquery|list|info|search|provides|whatprovides|repolist|check-update|repoinfo|module|install|upgrade|remove)$/,
  needs: /^(-[qv]*C[qv]*|--cacheonly|--version)$/,
  writesTo: ['/var/log', '/var/lib/dnf'],
  also: ({ options, operands }) => {
    const [verb, ...rest] = operands
    if (verb === 'module') return /^(list|info|provides)$/.test(rest[0] ?? '')
    // What a transaction would do: --assumeno says no to it, whatever dnf.conf assumes. A package that is given as a file may be fetched.
    if (/^(install|upgrade|remove)$/.test(verb ?? ''))
      return options.includes('--assumeno') && options.includes('--cacheonly') && rest.every((operand) => /^[A-Za-z0-9][^/]*$/.test(operand))
    return true
  },
}

const IPTABLES: Rule = {
  options: /^(-[SLnvwx]+|--(list|list-rules|numeric|verbose|line-numbers|exact|wait))$/,
  valued: ['-t', '--table'],
  needs: /^(-[nvwx]*[SL][nvwx]*|--list|--list-rules)$/,
}

const LVM: Rule = { options: /^--(noheadings|nosuffix|readonly|units|separator)$/, valued: ['--units', '--separator'], operands: NO_OPERANDS }

const RULES: Readonly<Record<string, Rule>> = {
  // services
  systemctl: {
    options: new RegExp(`^(-[alqr]+|-[ptnoP].+|--(${PAGERLESS}|failed|recursive|lines=.*|output=.*|property=.*|type=.*|state=.*|timestamp=.*|root=.*))$`, 's'),
    valued: ['-p', '-P', '-t', '-n', '-o', '--property', '--type', '--state', '--lines', '--output'],
    verb: /^(show|cat|status|get-default|show-environment|is-[a-z-]+|list-[a-z-]+)$/,
  },
  journalctl: {
    options: new RegExp(
      `^(-[aqrxbekm]+|-[unopStUgb].+|--(${PAGERLESS}|no-full|utc|no-hostname|reverse|dmesg|catalog|show-cursor|disk-usage|list-boots|header|fields|boot|pager-end|(unit|user-unit|since|until|lines|output|grep|priority|boot|identifier|output-fields|facility|cursor|after-cursor|case-sensitive|directory|root)=.*))$`,
      's',
    ),
    valued: ['-u', '-n', '-o', '-p', '-S', '-U', '-t', '-g', '--unit', '--since', '--until', '--lines', '--output', '--grep', '--priority', '--identifier'],
  },
  busctl: {
    options: /^(-j|-q|--(no-pager|no-legend|json=.*|quiet|system|user|list|timeout=.*|full|auto-start=no|acquired|activatable|unique))$/,
    verb: /^(get-property|list|status|introspect|tree|call)$/,
    also: ({ options, operands }) => operands[0] !== 'call' || (options.includes('--system') && /^(get|list|query)/i.test(operands[4] ?? '')),
  },
  // Scripts that never change: they connect to the host and the port that are their arguments, and send nothing.
  timeout: {
    also: ({ all }) => {
      const [seconds, shell, option, script, host, port, ...more] = all
      return (
        /^\d+$/.test(seconds ?? '') &&
        shell === 'bash' &&
        option === '-c' &&
        CONNECTING_SCRIPTS.has(script ?? '') &&
        /^[\w.:%][\w.:%-]*$/.test(host ?? '') &&
        /^\d+$/.test(port ?? '') &&
        more.length === 0
      )
    },
  },
  nmcli: {
    options: /^(-t|--(terse|(mode|colors|escape)=.*))$/,
    valued: ['-f', '--fields', '-g', '--get-values'],
    also: ({ operands }) => /^(general|device|connection)$/.test(operands[0] ?? '') && /^(status|show)$/.test(operands[1] ?? ''),
  },
  hostnamectl: { options: /^(-j|--(no-pager|json=.*|static|transient|pretty))$/, operands: /^(status|show)$/ },
  timedatectl: {
    options: /^(-a|--(no-pager|all|value|property=.*))$/,
    valued: ['-p', '--property'],
    operands: /^(status|show|list-timezones|timesync-status)$/,
  },
  localectl: { options: /^--no-pager$/, operands: /^(status|list-[a-z0-9-]+)$/ },
  loginctl: {
    options: new RegExp(`^(-[alj]|--(${PAGERLESS}|property=.*))$`, 's'),
    valued: ['-p', '--property'],
    verb: /^(list-[a-z]+|show-[a-z]+|[a-z]+-status)$/,
  },

  // the kernel and its network
  sysctl: { options: /^(-[neaAbNX]+|--(values|names|all|ignore|binary|deprecated|pattern=.*))$/, valued: ['-r', '--pattern'], operands: /^[^=-][^=]*$/ },
  ip: {
    options: /^-(j|json|p|pretty|d|details|s|stats|statistics|o|oneline|br|brief|4|6|N|Numeric|c=never|color=never|r|resolve)$/,
    valued: ['-n', '-netns', '-f', '-family'],
    verb: /^(a|addr|address|l|link|r|ro|route|ru|rule|n|neigh|neighbour|tunnel|tunl|tuntap|maddr|mroute|nexthop|netns|vrf|xfrm|ntable|tcp_metrics|addrlabel|macsec)$/,
    also: ({ operands }) => {
      const [object, second, third] = operands
      const asks = (word: string | undefined) => word === undefined || /^(s|sh|show|l|ls|lst|list|g|get|count)$/.test(word)
      return object === 'xfrm'
        ? /^(state|policy)$/.test(second ?? '') && asks(third)
        : asks(second) || (object === 'netns' && /^(identify|pids)$/.test(second!))
    },
  },
  ss: {
    options:
      /^(-[nrlaopemiOHtudwxSzs0460]+|--(numeric|resolve|listening|all|options|processes|extended|memory|info|oneline|no-header|tcp|udp|raw|unix|sctp|summary|ipv4|ipv6|family=.*|query=.*))$/,
    valued: ['-f', '-A', '--family', '--query'],
  },
  ping: {
    options: /^(-[46nqODv]+|-[cwWiIsMmtQS].+)$/s,
    valued: ['-c', '-w', '-W', '-i', '-I', '-s', '-M', '-m', '-t', '-Q', '-S'],
    // Without a count or a deadline it never ends.
    needs: /^-[cw]/,
  },
  nft: {
    options: /^(-[jnasNtSpyu]+|--(json|numeric|handle|stateless|terse|echo|numeric-[a-z]+|service|guid))$/,
    verb: /^list( [^;\n]*)?$/,
    // nft joins its arguments; `;` begins another command.
    operands: /^[^;\n]*$/,
  },
  iptables: IPTABLES,
  ip6tables: IPTABLES,
  'iptables-save': { options: /^(-[c]|--counters)$/, valued: ['-t', '--table'], operands: NO_OPERANDS },
  'ip6tables-save': { options: /^(-[c]|--counters)$/, valued: ['-t', '--table'], operands: NO_OPERANDS },
  ipset: { options: /^(-[nst]+|-o.+|--?(name|sorted|terse|output=.*))$/, valued: ['-o', '-output', '--output'], verb: /^(list|save|test|version)$/ },
  conntrack: {
    options: /^(-[LnGj]|--(dump|src-nat|dst-nat|any-nat|proto=.*|src=.*|dst=.*|sport=.*|dport=.*|orig-[a-z-]+=.*|reply-[a-z-]+=.*))$/,
    valued: [
      '-p',
      '-s',
      '-d',
      '-o',
      '-f',
      '-r',
      '-q',
      '-m',
      '--proto',
      '--src',
      '--dst',
      '--sport',
      '--dport',
      '--orig-src',
      '--orig-dst',
      '--orig-port-src',
      '--orig-port-dst',
      '--output',
      '--family',
    ],
    needs: /^(-L|--dump)$/,
    operands: /^(conntrack|expect|dying|unconfirmed)$/,
  },
  lsmod: { operands: NO_OPERANDS },
  modinfo: { options: /^(-[0adlpn]|--(author|description|license|parameters|filename|null|field=.*))$/, valued: ['-F', '-k', '--field'] },

  // VPN and routing
  ipsec: {
    options:
      /^--(status|trafficstatus|globalstatus|briefstatus|shuntstatus|fipsstatus|fetchcrls|listall|listcerts|listcacerts|listpubkeys|listpsks|listcrls|listevents|version|list|name|utc|showstates|connectionstatus)$/,
    verb: /^(trafficstatus|status|briefstatus|globalstatus|shuntstatus|showstates|connectionstatus|fipsstatus|listall|listcerts|listpubkeys|version|whack|auto|showhostkey)$/,
    operands: /^[\w./-]+$/,
    also: ({ all, options }) => {
      if (all[0] === 'whack')
        return (
          all.length > 1 &&
          all.slice(1).every((word) => /^--/.test(word) && word !== '--fetchcrls') &&
          options.some((option) => /status$|^--list|^--showstates$/.test(option))
        )
      if (all[0] === 'auto') return all.length === 2 && all[1] === '--status'
      if (all[0] === 'showhostkey') return all[1] === '--list' && all.length === 2
      return !options.includes('--fetchcrls') && options.every((option) => option === '--version' || option === '--name' || option === '--utc')
    },
  },
  vtysh: {
    options: /^(-c|-d|--command|--daemon)$/,
    valued: ['-c', '-d', '--command', '--daemon'],
    operands: NO_OPERANDS,
    needs: /^(-c|--command)$/,
    // A command with a newline in it is several.
    also: ({ options, values }) => options.every((option, index) => /^(-d|--daemon)$/.test(option) || /^\s*show\s[^\r\n]+$/.test(values[index] ?? '')),
  },
  'firewall-cmd': FIREWALL,
  'firewall-offline-cmd': FIREWALL,

  // packages
  dpkg: {
    options:
      /^(-[slLSpV]|--(status|list|listfiles|search|print-avail|print-architecture|print-foreign-architectures|get-selections|compare-versions|verify|version|audit))$/,
    needs: /^-/,
  },
  'dpkg-query': ANYTHING,
  'apt-cache': {
    options: /^(-[nqfig]+|--(names-only|quiet|full|important|installed|all-versions|no-all-versions|recurse|no-pre-depends|no-[a-z]+))$/,
    verb: /^(policy|show|showpkg|showsrc|madison|search|depends|rdepends|pkgnames|stats|unmet)$/,
  },
  'apt-get': {
    options:
      /^(-[syqVu]+|-oDir::Log::Planner=\/dev\/null|-o(Debug::NoLocking|APT::Install-Recommends|APT::Get::AutomaticRemove|Dpkg::Use-Pty)=\w+|--(simulate|dry-run|just-print|no-act|recon|yes|assume-yes|quiet|quiet=\d|no-install-recommends|install-recommends|no-remove|allow-downgrades|allow-change-held-packages|only-upgrade|no-upgrade|reinstall|purge|auto-remove|autoremove|show-upgraded|verbose-versions|target-release=.*|default-release=.*))$/,
    valued: ['-t', '--target-release', '--default-release'],
    needs: /^(-[yqVu]*s[yqVu]*|--(simulate|dry-run|just-print|no-act|recon))$/,
    verb: /^(install|remove|purge|upgrade|dist-upgrade|full-upgrade|autoremove|autopurge|build-dep|satisfy)$/,
    // A simulation writes the planner's protocol to /var/log/apt, where it is not told otherwise.
    also: ({ options }) => options.includes('-oDir::Log::Planner=/dev/null'),
    // A package that is given as a file may be fetched.
    operands: /^[^-/.][^/:]*(:[^/:]+)?(\/[\w.-]+)?(=\S+)?$/,
  },
  'apt-mark': { options: NO_OPERANDS, verb: /^show[a-z]*$/ },
  'apt-config': { options: NO_OPERANDS, verb: /^(dump|shell)$/ },
  rpm: {
    options:
      /^(-[qaflipRdcsLK]+|--(query|all|file|list|info|provides|requires|recommends|conflicts|obsoletes|docfiles|configfiles|state|scripts|changelog|last|whatprovides|whatrequires|nosignature|nodigest|version|group|(qf|queryformat|root|dbpath)=.*))$/s,
    valued: ['--qf', '--queryformat'],
    needs: /^(-q[a-zA-Z]*|--query|--version)$/,
  },
  dnf: DNF,
  'dnf-3': DNF,
  yum: DNF,
  'update-alternatives': { options: /^--(query|list|display|get-selections)$/, needs: /^--/ },
  alternatives: { options: /^--(list|display)$/, needs: /^--/ },

  // files and users
  cat: ANYTHING,
  head: ANYTHING,
  tail: { options: /^(-[qvz]+|-[nc].+|-\d+|--(lines|bytes)=.*|--quiet|--silent|--verbose)$/, valued: ['-n', '-c', '--lines', '--bytes'] },
  ls: ANYTHING,
  stat: ANYTHING,
  readlink: ANYTHING,
  realpath: ANYTHING,
  test: ANYTHING,
  grep: ANYTHING,
  wc: ANYTHING,
  cmp: ANYTHING,
  sha256sum: ANYTHING,
  sha1sum: ANYTHING,
  sha224sum: ANYTHING,
  sha384sum: ANYTHING,
  sha512sum: ANYTHING,
  md5sum: ANYTHING,
  // With -C it would write a database.
  file: { options: /^(-[bLh]+|--(mime-type|mime-encoding|mime|brief))$/ },
  find: { options: /^-(?!(delete|exec|execdir|ok|okdir|fprint.*|fls)$)/s, operands: /^/ },
  getfacl: ANYTHING,
  lsattr: ANYTHING,
  getcap: ANYTHING,
  df: ANYTHING,
  du: ANYTHING,
  findmnt: { options: /^(?!(-p.*|--po.*)$)/s },
  lsblk: ANYTHING,
  getent: ANYTHING,
  printenv: ANYTHING,
  pwd: ANYTHING,
  // The fingerprint of a key.
  'ssh-keygen': { options: /^-l$/, valued: ['-f', '-E'], needs: /^-l$/, operands: NO_OPERANDS },
  id: ANYTHING,
  groups: ANYTHING,
  crontab: { options: /^-l$/, valued: ['-u'], needs: /^-l$/, operands: NO_OPERANDS },

  // One of the scripts that never change; its arguments are words and patterns.
  sh: { also: ({ all }) => all[0] === '-c' && READING_SCRIPTS.has(all[1] ?? '') && all[2] === 'sh' },

  // the machine
  uname: ANYTHING,
  arch: ANYTHING,
  nproc: ANYTHING,
  free: { options: /^-[bkmghtwlv]+$|^--(bytes|kibi|mebi|gibi|human|total|wide)$/, operands: NO_OPERANDS },
  uptime: { options: /^(-[ps]|--(pretty|since))$/, operands: NO_OPERANDS },
  date: { options: /^(-[uR]|-I.*|-d.+|--(utc|universal|rfc-email|iso-8601.*|rfc-3339=.*|date=.*))$/s, valued: ['-d', '--date'], operands: /^\+/ },
  hostname: { options: /^(-[fsdiIAay]|--(fqdn|long|short|domain|ip-address|all-ip-addresses|all-fqdns|alias))$/, operands: NO_OPERANDS },
  which: ANYTHING,
  getenforce: ANYTHING,
  sestatus: ANYTHING,
  getsebool: ANYTHING,
  lspci: { options: /^-D$/, operands: NO_OPERANDS },
  // What follows an operand, or `--`, would be run by a shell.
  capsh: { options: /^--print$/, operands: NO_OPERANDS },
  lsb_release: { options: /^(-a|--all)$/, operands: NO_OPERANDS },
  vgs: LVM,
  lvs: LVM,
  pvs: LVM,
  ps: ANYTHING,
  pgrep: { options: /^(-[flaxnovcwi]+|-[uUPgGst].+|--(full|list-name|list-full|exact|count))$/, valued: ['-u', '-U', '-P', '-g', '-G', '-s', '-t'] },
}

/** Where the system keeps its programs; one of another folder may be anything. */
const SYSTEM_FOLDER = /^\/(usr\/)?(local\/)?s?bin\//

/** Why a call of the cloud is not one that only reads, or undefined. */
export function readOnlyCallFault({ operation }: CloudRead): Diagnostic | undefined {
  if (/^(?:get|list)[A-Z]/.test(operation)) return undefined
  return { code: 'PROBE_FAILED', severity: 'error', summary: `'${operation}' is no operation of the cloud that only reads` }
}

/**
 * Why a program may not be a query, or undefined where it may. Pure.
 *
 * @example readOnlyFault({ argv: ['sysctl', '-n', 'net.ipv4.ip_forward'] }) // undefined
 */
export function readOnlyFault({ argv, scratchFolders = [] }: Pick<QueryRead, 'argv' | 'scratchFolders'>): Diagnostic | undefined {
  const program = ((argv[0] as string | undefined) ?? '').replace(SYSTEM_FOLDER, '')
  const rule = Object.hasOwn(RULES, program) ? RULES[program] : undefined
  if (rule && obeys(sort(argv.slice(1), rule), rule) && (rule.writesTo ?? []).every((folder) => scratchFolders.includes(folder))) return undefined
  return {
    code: 'PROBE_FAILED',
    severity: 'error',
    summary: `'${argv.join(' ')}' is not on the read-only list`,
    hint: rule ? 'The program is on the list, but not with these arguments.' : 'A module reads only with programs that are known not to alter the host.',
  }
}

/** Splits words as getopt does: options, their values, operands. */
function sort(all: readonly string[], rule: Rule): Words {
  const options: string[] = []
  const operands: string[] = []
  const values: string[] = []
  for (let at = 0; at < all.length; at++) {
    const word = all[at]!
    if (word === '--') {
      operands.push(...all.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word)
      continue
    }
    options.push(word)
    if (rule.valued?.includes(word)) values.push(all[++at] ?? '')
  }
  return { all, options, operands, values }
}

function obeys(words: Words, rule: Rule): boolean {
  const { options, operands } = words
  const rest = rule.verb ? operands.slice(1) : operands
  if (rule.options && !options.every((option) => rule.valued?.includes(option) || rule.options!.test(option))) return false
  // `rpm --version` and the like need no verb.
  if (rule.verb && !(operands.length === 0 && options.includes('--version')) && !rule.verb.test(operands[0] ?? '')) return false
  if (rule.operands && !rest.every((operand) => rule.operands!.test(operand))) return false
  if (rule.needs && !options.some((option) => rule.needs!.test(option))) return false
  return rule.also?.(words) ?? true
}
