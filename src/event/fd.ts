/** What a descriptor refers to; the letter is what `fd.typechar` shows, the word what `fd.type` shows. */
export type FdType =
  | 'file'
  | 'directory'
  | 'ipv4'
  | 'ipv6'
  | 'pipe'
  | 'unix'
  | 'event'
  | 'signalfd'
  | 'eventpoll'
  | 'inotify'
  | 'timerfd'
  | 'netlink'
  | 'bpf'
  | 'userfaultfd'
  | 'io_uring'
  | 'memfd'
  | 'pidfd'
  | 'unsupported'
  | 'unknown'

export type L4Proto = 'unknown' | 'na' | 'tcp' | 'udp' | 'icmp' | 'raw'

/** An open descriptor of a process, as far as events and /proc told. Text is byte strings, addresses are 4 or 16 raw bytes. */
export interface Fd {
  readonly type: FdType
  /** Path, `local->remote` of a connection, address of a listening socket ...; as `fd.name` shows it. */
  name: string
  /** Directory of a file's name, `/` for none, where it is kept ready. */
  readonly directory?: string
  /** The path as the program gave it, before it was resolved; only for files. */
  nameRaw: string | undefined
  /** Open flags in the driver's encoding (flag set `file_flags`). */
  flags: number
  dev: number
  ino: number | bigint
  /** Sockets only. */
  socket: Socket | undefined
}

/** Addresses as seen by the connection: source is the client. */
export interface Socket {
  /** PPM_AF_* value. */
  family: number
  /** SOCK_* of the socket call. */
  sockType: number
  l4: L4Proto
  /** Whether this end listened or accepted. */
  isServer: boolean
  /** Whether it is known which end is the client; else the ends have a name, but no fields of their own. */
  hasRole: boolean
  /** Whether the client's address is one of this machine's: then the client's end is the local one, else the server's is. */
  isClientLocal: boolean
  /** Whether the server's address is one of this machine's. */
  isServerLocal: boolean
  isConnected: boolean
  /** Client: 4 or 16 bytes as a byte string, '' where unknown. */
  sourceIp: string
  sourcePort: number
  /** Server. */
  destIp: string
  destPort: number
  /** Unix sockets. */
  sourcePtr: bigint
  destPtr: bigint
  /** A path, or both ends and the path. */
  path: string
}

/** The descriptors of a process, by number. */
export interface FdTable extends Iterable<readonly [num: number, fd: Fd]> {
  readonly size: number
  get(num: number): Fd | undefined
}
