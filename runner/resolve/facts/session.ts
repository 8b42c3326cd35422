/** The moment, the user and the surroundings that a host gives to programs. */
import { environment, ownUser } from '../../contract/reading-scripts.ts'
import { Dict } from '../../value/value.ts'
import { program, type Collector, type HostView, type Wish } from './collector.ts'

/** One line a key, as date(1) prints it. */
const NOW = {
  year: '%Y',
  month: '%m',
  weekday: '%A',
  weekday_number: '%w',
  weeknumber: '%W',
  day: '%d',
  hour: '%H',
  minute: '%M',
  second: '%S',
  epoch: '%s',
  tz: '%Z',
  tz_offset: '%z',
  // busybox knows no parts of a second.
  nanoseconds: '%N',
} as const
const DATE = program('date', `+${Object.values(NOW).join('%n')}`)
const YEAR_SECONDS = 31_557_600

/** Names of the time zone half a year apart: one of them is that of summer. */
const halves = ({ nowSeconds }: Wish): [ReturnType<typeof program>, ReturnType<typeof program>] => {
  const january = Math.floor(nowSeconds / YEAR_SECONDS) * YEAR_SECONDS
  return [program('date', '-d', `@${january}`, '+%z %Z'), program('date', '-d', `@${january + YEAR_SECONDS / 2}`, '+%z %Z')]
}

export const dateTime: Collector = {
  subset: 'date_time',
  gives: ['date_time'],
  alteredBy: ['file:/etc/localtime', 'query:*'],
  reads: (wish) => ({ queries: [DATE, ...halves(wish)] }),
  facts: (host, wish) => {
    const lines = (host.output(DATE) ?? '').split('\n')
    const now = Object.fromEntries(Object.keys(NOW).map((name, index) => [name, lines[index] ?? ''])) as Record<keyof typeof NOW, string>
    const { year, month, day, hour, minute, second, epoch, tz, tz_offset } = now
    const utc = new Date(Number(epoch) * 1000).toISOString()
    const micro = /^\d{9}$/.test(now.nanoseconds) ? now.nanoseconds.slice(0, 6) : '000000'
    return {
      date_time: Dict.of({
        year,
        month,
        weekday: now.weekday,
        weekday_number: now.weekday_number,
        weeknumber: now.weeknumber,
        day,
        hour,
        minute,
        second,
        epoch,
        epoch_int: epoch,
        date: `${year}-${month}-${day}`,
        time: `${hour}:${minute}:${second}`,
        iso8601_micro: utc.replace(/\.\d+Z$/, `.${micro}Z`),
        iso8601: utc.replace(/\.\d+Z$/, 'Z'),
        iso8601_basic: `${year}${month}${day}T${hour}${minute}${second}${micro}`,
        iso8601_basic_short: `${year}${month}${day}T${hour}${minute}${second}`,
        tz,
        tz_dst: summerZone(host, wish) ?? tz,
        tz_offset,
      }),
    }
  },
}

function summerZone(host: HostView, wish: Wish): string | undefined {
  const [january, july] = halves(wish).map((query) => /^([+-]\d\d)(\d\d) (.*)/.exec(host.output(query) ?? ''))
  if (!january || !july) return undefined
  const minutes = (found: RegExpExecArray): number => Number(found[1]) * 60 + Number(`${found[1]![0]}${found[2]}`)
  // South of the equator January is in summer.
  return minutes(january) > minutes(july) ? january[3] : july[3]
}

function environmentOf(host: HostView): Dict {
  const entries = (host.output(environment()) ?? '').split('\0').filter((each) => each.includes('='))
  return new Dict(entries.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
}

export const env: Collector = {
  subset: 'env',
  gives: ['env'],
  alteredBy: ['file:/etc/environment'],
  reads: () => ({ queries: [environment()] }),
  facts: (host, wish) => ({ env: new Dict([...environmentOf(host), ...Object.entries(wish.environment)]) }),
}

const STATUS = '/proc/self/status'

export const user: Collector = {
  subset: 'user',
  gives: [
    'user_id',
    'user_uid',
    'user_gid',
    'user_gecos',
    'user_dir',
    'user_shell',
    'real_user_id',
    'effective_user_id',
    'real_group_id',
    'effective_group_id',
  ],
  alteredBy: ['file:/etc/passwd', 'query:*'],
  reads: () => ({ files: [STATUS], queries: [ownUser()] }),
  facts: (host) => {
    const [name = '', entry = ''] = (host.reply(ownUser())?.stdout ?? '').split('\n')
    const [login, , uid, gid, gecos, folder, shell] = entry.split(':')
    const ids = (which: string): number[] => (host.lines(STATUS).find((line) => line.startsWith(`${which}:`)) ?? '').split(/\s+/).slice(1).map(Number)
    const [realUser, effectiveUser] = ids('Uid')
    const [realGroup] = ids('Gid')
    return {
      user_id: name === '' ? login : name,
      user_uid: uid === undefined ? undefined : Number(uid),
      user_gid: gid === undefined ? undefined : Number(gid),
      user_gecos: gecos,
      user_dir: folder,
      user_shell: shell,
      real_user_id: realUser,
      effective_user_id: effectiveUser,
      real_group_id: realGroup,
      effective_group_id: realGroup,
    }
  },
}

const KEY_FOLDERS = ['/etc/ssh', '/etc/openssh', '/etc']
const KEY_KINDS = ['dsa', 'rsa', 'ecdsa', 'ed25519']
const keyFile = (folder: string, kind: string): string => `${folder}/ssh_host_${kind}_key.pub`

export const hostKeys: Collector = {
  subset: 'ssh_pub_keys',
  gives: KEY_KINDS.flatMap((kind) => [`ssh_host_key_${kind}_public`, `ssh_host_key_${kind}_public_keytype`]),
  alteredBy: ['file:/etc/ssh/*', 'package:*'],
  reads: () => ({ files: KEY_FOLDERS.flatMap((folder) => KEY_KINDS.map((kind) => keyFile(folder, kind))) }),
  facts: (host) => {
    const folder = KEY_FOLDERS.find((each) => KEY_KINDS.some((kind) => host.text(keyFile(each, kind)) !== undefined))
    if (folder === undefined) return {}
    return Object.fromEntries(
      KEY_KINDS.flatMap((kind) => {
        const [type, key] = (host.text(keyFile(folder, kind)) ?? '').split(/\s+/)
        return [
          [`ssh_host_key_${kind}_public`, key],
          [`ssh_host_key_${kind}_public_keytype`, key === undefined ? undefined : type],
        ]
      }),
    )
  },
}
