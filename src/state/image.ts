import type { Event } from '../event/event.ts'
import type { ThreadSeed } from '../event/snapshot.ts'
import { flag } from './flags.ts'
import { noTexts, Texts } from './texts.ts'

export interface Caps {
  readonly inheritable: bigint
  readonly permitted: bigint
  readonly effective: bigint
}

export const noCaps: Caps = { inheritable: 0n, permitted: 0n, effective: 0n }

const twoTo32 = 2 ** 32
const longestShort = 256

// Parameters of an execve event: those it shares with clone, and its own.
const param = {
  exe: 1,
  args: 2,
  tid: 3,
  cwd: 6,
  fdlimit: 7,
  comm: 13,
  cgroups: 14,
  env: 15,
  flags: 19,
  caps: 20,
  ino: 23,
  ctime: 24,
  mtime: 25,
  exepath: 27,
  pgid: 28,
} as const

// Bytes from the flags to the path of the executable, where nothing is missing in between, and where they hold the other values.
const tailBytes = 56
const tail = { caps: 4, ino: 28, ctime: 36, mtime: 44 } as const

/**
 * What a program was started with: set by execve, and shared by all threads that were cloned since.
 *
 * What an event tells is copied as two or three texts, and taken apart only as far as it is asked for: most of it never is.
 */
export class Image {
  /** Values of an event from argv[0] to the name, and where some of them begin or end; '' where all was told otherwise. */
  private head = ''
  private argsAt = 0
  private argsEnd = 0
  private cwdAt = 0
  private cwdEnd = 0
  private commAt = 0
  /** Values from the flags to the path of the executable; '' where some are missing, and all were read. */
  private rest = ''
  private envText = ''
  /** When it was started, in halves of ns since the epoch. */
  private readonly tsLow: number
  private readonly tsHigh: number
  private knownComm: string | undefined = undefined
  private knownExe: string | undefined = undefined
  private knownExepath: string | undefined = undefined
  private knownCwd: string | undefined = undefined
  private knownArgs: Texts | undefined = undefined
  private knownEnv: Texts | undefined = undefined
  private knownFlags = -1
  private knownCaps: Caps | undefined = undefined
  private knownIno: number | bigint | undefined = undefined
  private knownCtime: bigint | undefined = undefined
  private knownMtime: bigint | undefined = undefined
  /** See memory.ts. */
  weighedIn = 0

  constructor(tsLow: number, tsHigh: number) {
    this.tsLow = tsLow
    this.tsHigh = tsHigh
  }

  /** Of an execve or execveat event; its environment is left out unless `keepsEnv`. */
  static fromEvent(event: Event, keepsEnv: boolean): Image {
    const image = new Image(event.tsLow, event.tsHigh)
    const start = event.offsetOf(param.exe)
    image.argsAt = event.offsetOf(param.args) - start
    image.argsEnd = event.offsetOf(param.tid) - start
    image.cwdAt = event.offsetOf(param.cwd) - start
    image.cwdEnd = event.offsetOf(param.fdlimit) - start
    image.commAt = event.offsetOf(param.comm) - start
    image.head = event.bytes.latin1Slice(start, event.offsetOf(param.cgroups))
    if (keepsEnv) image.envText = event.raw(param.env)
    const from = event.offsetOf(param.flags)
    if (event.offsetOf(param.exepath) - from === tailBytes) image.rest = event.bytes.latin1Slice(from, event.offsetOf(param.pgid))
    else image.readRest(event)
    return image
  }

  /** Of a list. */
  static fromSeed(seed: ThreadSeed): Image {
    const image = Image.named(seed.comm, seed.exe, Texts.of(seed.args))
    image.knownExepath = seed.exepath
    image.knownEnv = Texts.of(seed.env)
    image.knownFlags =
      (seed.isExeWritable ? flag.EXE_WRITABLE : 0) |
      (seed.isExeUpperLayer ? flag.EXE_UPPER_LAYER : 0) |
      (seed.isExeLowerLayer ? flag.EXE_LOWER_LAYER : 0) |
      (seed.isExeFromMemfd ? flag.EXE_FROM_MEMFD : 0)
    image.knownCaps = { inheritable: seed.capInheritable, permitted: seed.capPermitted, effective: seed.capEffective }
    image.knownIno = seed.exeIno
    image.knownCtime = seed.exeCtime
    image.knownMtime = seed.exeMtime
    return image
  }

  /** Of which no more is known. */
  static named(comm: string, exe: string, args: Texts): Image {
    const image = new Image(0, 0)
    image.knownComm = comm
    image.knownExe = exe
    image.knownArgs = args
    return image
  }

  /** The same program under other names: what a clone event tells where its parent's execve was missed. */
  renamed(comm: string, exe: string, args: Texts): Image {
    const image = new Image(this.tsLow, this.tsHigh)
    image.knownComm = comm
    image.knownExe = exe
    image.knownArgs = args
    image.knownExepath = this.exepath
    image.knownEnv = this.env
    image.knownCwd = this.cwd
    image.knownFlags = this.flags
    image.knownCaps = this.caps
    image.knownIno = this.ino
    image.knownCtime = this.ctime
    image.knownMtime = this.mtime
    return image
  }

  /** What its texts take, about: the parts that were asked for lie there twice. */
  get bytes(): number {
    const texts = [this.knownComm, this.knownExe, this.knownExepath, this.knownCwd, this.knownArgs?.text, this.knownEnv?.text]
    const known = texts.reduce((total, text) => total + (text?.length ?? 0), 0)
    return this.head.length + this.rest.length + this.envText.length + 2 * known
  }

  /** The same program, of which only the names are kept, as far as they have a usual length. */
  short(): Image {
    const image = Image.named(this.comm.slice(0, longestShort), this.exe.slice(0, longestShort), noTexts)
    image.knownExepath = this.exepath.slice(0, longestShort)
    return image
  }

  get comm(): string {
    this.knownComm ??= this.word(this.commAt, this.head.length)
    return this.knownComm
  }

  get exe(): string {
    this.knownExe ??= this.word(0, this.argsAt)
    return this.knownExe
  }

  get exepath(): string {
    this.knownExepath ??= withoutMark(withoutNul(this.rest.slice(tailBytes)))
    return this.knownExepath
  }

  set exepath(path: string) {
    this.knownExepath = path
  }

  get cwd(): string {
    this.knownCwd ??= withoutSlash(this.word(this.cwdAt, this.cwdEnd))
    return this.knownCwd
  }

  get args(): Texts {
    this.knownArgs ??= textsOf(this.head.slice(this.argsAt, this.argsEnd))
    return this.knownArgs
  }

  get env(): Texts {
    this.knownEnv ??= textsOf(this.envText)
    return this.knownEnv
  }

  /** Flag set `execve_flags`. */
  get flags(): number {
    if (this.knownFlags < 0) this.knownFlags = this.rest === '' ? 0 : this.uint32(0)
    return this.knownFlags
  }

  get caps(): Caps {
    this.knownCaps ??= {
      inheritable: this.uint64(tail.caps),
      permitted: this.uint64(tail.caps + 8),
      effective: this.uint64(tail.caps + 16),
    }
    return this.knownCaps
  }

  get ino(): number | bigint {
    this.knownIno ??= numberOf(this.uint64(tail.ino))
    return this.knownIno
  }

  get ctime(): bigint {
    this.knownCtime ??= this.uint64(tail.ctime)
    return this.knownCtime
  }

  get mtime(): bigint {
    this.knownMtime ??= this.uint64(tail.mtime)
    return this.knownMtime
  }

  get startTs(): bigint {
    return (BigInt(this.tsHigh) << 32n) | BigInt(this.tsLow)
  }

  /** What the file is that runs, where the event did not tell. */
  setExecutable(path: string): void {
    this.knownExepath = withoutMark(path)
    if (path.startsWith('/memfd:')) this.knownFlags = this.flags | flag.EXE_FROM_MEMFD
  }

  // Old versions of the event lack some of the last values.
  private readRest(event: Event): void {
    const big = (index: number) => (event.lengthOf(index) === 8 ? event.big(index) : 0n)
    this.knownFlags = event.lengthOf(param.flags) === 4 ? event.uint(param.flags) : 0
    this.knownCaps = { inheritable: big(param.caps), permitted: big(param.caps + 1), effective: big(param.caps + 2) }
    this.knownIno = numberOf(big(param.ino))
    this.knownCtime = big(param.ctime)
    this.knownMtime = big(param.mtime)
    this.knownExepath = withoutMark(event.text(param.exepath) ?? '')
  }

  /** A text of `head` without its NUL. */
  private word(from: number, to: number): string {
    return withoutNul(this.head.slice(from, to))
  }

  private uint32(at: number): number {
    const { rest } = this
    const low = rest.charCodeAt(at) + rest.charCodeAt(at + 1) * 256
    return low + rest.charCodeAt(at + 2) * 65_536 + rest.charCodeAt(at + 3) * 16_777_216
  }

  private uint64(at: number): bigint {
    return this.rest === '' ? 0n : BigInt(this.uint32(at + 4)) * BigInt(twoTo32) + BigInt(this.uint32(at))
  }
}

/** Of threads whose start was missed. */
export const unknownImage = makeUnknown()

function textsOf(text: string): Texts {
  return text === '' ? noTexts : new Texts(text)
}

function withoutNul(text: string): string {
  return text.charCodeAt(text.length - 1) === 0 ? text.slice(0, -1) : text
}

// The kernel's mark of a file that was removed meanwhile.
function withoutMark(path: string): string {
  return path.endsWith(' (deleted)') ? path.slice(0, -10) : path
}

export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function makeUnknown(): Image {
  const image = Image.named('<NA>', '<NA>', noTexts)
  image.exepath = ''
  return image
}

function numberOf(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}
