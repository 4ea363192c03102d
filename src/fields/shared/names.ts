import type { Fd, FdType } from '../../event/fd.ts'
import type { FlagSet } from '../../schema/event.ts'

const typeChars: Readonly<Record<FdType, string>> = {
  file: 'f',
  directory: 'd',
  ipv4: '4',
  ipv6: '6',
  pipe: 'p',
  unix: 'u',
  event: 'e',
  signalfd: 's',
  eventpoll: 'l',
  inotify: 'i',
  timerfd: 't',
  netlink: 'n',
  bpf: 'b',
  userfaultfd: 'u',
  io_uring: 'r',
  memfd: 'm',
  pidfd: 'P',
  unsupported: 'X',
  unknown: 'o',
}

/** The letter for the type of a descriptor; `o` for one that is not known. */
export function typeChar(fd: Fd | undefined): string {
  return fd === undefined ? 'o' : typeChars[fd.type]
}

const protocolChars: Readonly<Record<string, string>> = { tcp: 't', udp: 'u', icmp: 'i', raw: 'r' }

/** `<4t>10.0.0.1:80->10.0.0.2:1024`: a descriptor as arguments show it. */
export function fdText(fd: Fd): string {
  const protocol = fd.type === 'ipv4' || fd.type === 'ipv6' ? (protocolChars[fd.socket?.l4 ?? ''] ?? '') : ''
  return `<${typeChars[fd.type]}${protocol}>${fd.name}`
}

const cachedTexts = 1024
const caches = new WeakMap<FlagSet, Map<number, string>>()

/** `O_RDONLY|O_CLOEXEC`: the names of the bits of `value`, in the order of the set; '' where it has none. */
export function flagsText(set: FlagSet, value: number): string {
  let cache = caches.get(set)
  if (cache === undefined) {
    cache = new Map()
    caches.set(set, cache)
  }
  const known = cache.get(value)
  if (known !== undefined) return known
  if (cache.size >= cachedTexts) cache.clear()
  const text = nameFlags(set, value)
  cache.set(value, text)
  return text
}

// A name of several bits (O_RDWR) takes them away, so that its parts (O_WRONLY) are not named too.
function nameFlags(set: FlagSet, value: number): string {
  const names: string[] = []
  let rest = value >>> 0
  for (const [name, bits] of set.entries) {
    const isSet = bits === 0 ? value === 0 : (rest & bits) >>> 0 === bits >>> 0
    if (!isSet) continue
    names.push(name)
    rest = (rest & ~bits) >>> 0
  }
  return names.join('|')
}

/** The names of a value that stands for itself (`AF_INET`, `AF_LOCAL|AF_UNIX`); '' where it has none. */
export function enumText(set: FlagSet, value: number): string {
  let names = enumNames.get(set)
  if (names === undefined) {
    const groups = Map.groupBy(set.entries, ([, number]) => number)
    names = new Map([...groups].map(([number, entries]) => [number, entries.map(([name]) => name).join('|')]))
    enumNames.set(set, names)
  }
  return names.get(value) ?? ''
}

const enumNames = new Map<FlagSet, ReadonlyMap<number, string>>()

// Bits of a capability set, from 0 on (include/uapi/linux/capability.h).
const capabilities = `
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
`
  .trim()
  .split(/\s+/)

let lastSet = 0n
let lastText = ''

/** `CAP_CHOWN CAP_KILL`: the names of a capability set, by number. */
export function capabilitiesText(set: bigint): string {
  if (set === lastSet) return lastText
  const names = capabilities.filter((_, bit) => ((set >> BigInt(bit)) & 1n) === 1n)
  lastSet = set
  lastText = names.map((name) => `CAP_${name}`).join(' ')
  return lastText
}
