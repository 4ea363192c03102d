import type { Random } from './random.ts'

// Paths as programs open them, by what they are for. Some are few and opened again and again, some are many.

export interface Opened {
  readonly path: string
  readonly isFound: boolean
  readonly mode: 'read' | 'write' | 'directory'
}

export type Place = (random: Random) => Opened

const syllables = [
  'con',
  'fig',
  'net',
  'work',
  'util',
  'core',
  'json',
  'http',
  'par',
  'ser',
  'log',
  'ger',
  'time',
  'zone',
  'auth',
  'sys',
  'mem',
]

const libraries =
  `linux-vdso c m dl pthread rt resolv gcc_s stdc++ z lzma bz2 zstd lz4 crypt crypto ssl selinux pcre2-8 acl attr cap blkid mount
 uuid systemd gcrypt gpg-error tinfo ncursesw readline expat ffi glib-2.0 gobject-2.0 gio-2.0 xml2 icuuc icudata curl nghttp2 idn2 unistring
 psl ssh2 gssapi_krb5 krb5 k5crypto com_err krb5support keyutils brotlidec brotlicommon sasl2 ldap lber hogweed nettle gmp gnutls p11-kit
 tasn1 apt-pkg apt-private xxhash udev mpc mpfr isl bfd opcodes ctf sframe jansson db-5.3 nss_files nss_systemd elf dw`
    .split(/\s+/)
    .map((name, i) => `/lib/x86_64-linux-gnu/lib${name}.so.${1 + (i % 6)}`)

const headers = many(2600, (i) => {
  const roots = ['bits', 'sys', 'asm', 'linux', 'c++/13/bits', 'c++/13', 'openssl', 'gnu', 'netinet', 'glib-2.0/glib']
  return `/usr/include/${i % 3 === 0 ? 'x86_64-linux-gnu/' : ''}${roots[i % roots.length]}/${word(i)}_${i % 97}.h`
})
const searchPaths = [
  '/usr/lib/gcc/x86_64-linux-gnu/13/include/',
  '/usr/local/include/',
  '/usr/include/x86_64-linux-gnu/',
  '/build/app/include/',
  '../third_party/include/',
]
const sources = many(1800, (i) => `src/${word(i)}/${word(i * 7 + 3)}_${i % 61}.${i % 4 === 0 ? 'h' : 'c'}`)
const modules = many(
  2400,
  (i) => `/usr/lib/python3.12/${i % 3 === 0 ? 'site-packages/' : ''}${word(i)}/__pycache__/${word(i * 3)}.cpython-312.pyc`,
)
const packages = many(
  3000,
  (i) => `/var/lib/dpkg/info/${word(i)}-${word(i * 5)}${i % 13}.${['list', 'md5sums', 'triggers', 'conffiles'][i % 4]}`,
)
const scripts = many(1600, (i) => `/srv/app/node_modules/${word(i)}/${i % 2 ? 'dist' : 'lib'}/${word(i * 11)}.js`)
const settings =
  `/etc/passwd /etc/group /etc/nsswitch.conf /etc/host.conf /etc/resolv.conf /etc/hosts /etc/localtime /etc/ssl/openssl.cnf /etc/gai.conf
 /etc/services /etc/protocols /etc/inputrc /etc/bash.bashrc /etc/profile /etc/apt/sources.list /etc/apt/apt.conf.d/01autoremove /etc/gitconfig
 /etc/ld.so.preload /etc/environment /etc/locale.alias`.split(/\s+/)
const locales =
  `LC_IDENTIFICATION LC_MEASUREMENT LC_TELEPHONE LC_ADDRESS LC_NAME LC_PAPER LC_MESSAGES/SYS_LC_MESSAGES LC_MONETARY LC_COLLATE LC_TIME
 LC_NUMERIC LC_CTYPE`.split(/\s+/)
const devices = ['/dev/null', '/dev/null', '/dev/null', '/dev/tty', '/dev/urandom', '/dev/pts/1']
const system = [
  '/sys/devices/system/cpu/online',
  '/sys/fs/cgroup/cpu.max',
  '/sys/fs/cgroup/memory.max',
  '/proc/self/maps',
  '/proc/meminfo',
  '/proc/sys/vm/overcommit_memory',
  '/proc/filesystems',
  '/proc/mounts',
  '/proc/self/fd',
  '/proc/stat',
]

export const places = {
  cache: () => found('/etc/ld.so.cache'),
  library: (random) => found(random.chance(0.4) ? '/lib/x86_64-linux-gnu/libc.so.6' : random.pick(libraries)),
  missingLibrary: (random) =>
    missing(`/opt/tools/lib/${['glibc-hwcaps/x86-64-v3/', 'tls/', ''][random.below(3)]}${base(random.pick(libraries))}`),
  header: (random) => found(headers[random.skewed(headers.length)] as string),
  missingHeader: (random) => missing(`${random.pick(searchPaths)}${base(headers[random.skewed(headers.length)] as string)}`),
  source: (random) => found(random.pick(sources)),
  module: (random) => found(random.pick(modules)),
  missingModule: (random) => missing(`/usr/local/lib/python3.12/dist-packages/${base(random.pick(modules)).replace('pyc', 'so')}`),
  package: (random) => found(random.pick(packages)),
  script: (random) => found(random.pick(scripts)),
  missingScript: (random) => missing(`/srv/app/node_modules/${word(random.below(400))}/package.json`),
  setting: (random) => found(random.pick(settings)),
  missingSetting: (random) => missing(`/etc/${word(random.below(40))}.d/${word(random.below(40))}.conf`),
  locale: (random) => found(`/usr/lib/locale/C.utf8/${random.pick(locales)}`),
  missingLocale: (random) => missing(`/usr/share/locale/en_US.UTF-8/LC_MESSAGES/${word(random.below(60))}.mo`),
  device: (random) => ({ path: random.pick(devices), isFound: true, mode: random.chance(0.7) ? 'write' : 'read' }),
  system: (random) => found(random.pick(system)),
  process: (random) => found(`/proc/${1 + random.below(30_000)}/${random.pick(['stat', 'status', 'cmdline', 'maps'])}`),
  temporary: (random) => ({ path: `/tmp/cc${code(random)}.${random.chance(0.5) ? 's' : 'o'}`, isFound: true, mode: 'write' }),
  object: (random) => ({ path: `/build/app/obj/${word(random.below(900))}/${code(random)}.o`, isFound: true, mode: 'write' }),
  git: (random) => ({ path: `.git/objects/${hex(random, 2)}/${hex(random, 38)}`, isFound: random.chance(0.6), mode: 'read' }),
  directory: (random) => ({ path: base(random.pick(sources)).replace(/\..*/, ''), isFound: true, mode: 'directory' }),
  absoluteDirectory: (random) => ({ path: `/usr/share/${word(random.below(700))}`, isFound: true, mode: 'directory' }),
  log: (random) => ({ path: `/var/log/${word(random.below(12))}/access.log`, isFound: true, mode: 'write' }),
  page: (random) => found(`/var/www/html/${word(random.below(300))}/index.html`),
  home: (random) => found(`/home/dev/.${random.pick(['bashrc', 'bash_history', 'profile', 'gitconfig', 'cache/pip/index'])}`),
  data: (random) => ({ path: `base/16384/${1000 + random.below(900)}`, isFound: true, mode: random.chance(0.5) ? 'write' : 'read' }),
} as const satisfies Readonly<Record<string, Place>>

export type PlaceName = keyof typeof places

function found(path: string): Opened {
  return { path, isFound: true, mode: 'read' }
}

function missing(path: string): Opened {
  return { path, isFound: false, mode: 'read' }
}

function base(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A name that is the same for the same number. */
export function word(n: number): string {
  const { length } = syllables
  return `${syllables[n % length]}${syllables[Math.floor(n / length) % length]}${n > length * length ? syllables[(n >> 5) % length] : ''}`
}

function code(random: Random): string {
  return random
    .below(36 ** 6)
    .toString(36)
    .padStart(6, '0')
}

export function hex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits) text += random.below(16).toString(16)
  return text
}

function many(count: number, make: (i: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, i) => make(i))
}
