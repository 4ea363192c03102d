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

// Parameters of an execve event, after those it shares with clone.
const param = {
  exe: 1,
  args: 2,
  cwd: 6,
  comm: 13,
  cgroups: 14,
  env: 15,
  flags: 19,
  caps: 20,
  ino: 23,
  ctime: 24,
  mtime: 25,
  exepath: 27,
} as const

/**
 * What a program was started with: set by execve, and shared by all threads that were cloned since.
 *
 * An event is copied as one text (lengths and values), and taken apart only as far as it is asked for: most of its 1.4 KB never is.
 */
export class Image {
  /** Parameter lengths (2 bytes each), then values; '' where all was told otherwise. */
  private readonly text: string
  private readonly count: number
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

  constructor(text: string, count: number, tsLow: number, tsHigh: number) {
    this.text = text
    this.count = count
    this.tsLow = tsLow
    this.tsHigh = tsHigh
  }

  /** Of an execve or execveat event. */
  static fromEvent(event: Event): Image {
    const { paramCount: count, view, at } = event
    const from = event.offsetOf(0) - 2 * count
    const to = count === 0 ? from : event.offsetOf(count - 1) + event.lengthOf(count - 1)
    return new Image(event.bytes.latin1Slice(from, to), count, view.getUint32(at + 8, true), view.getUint32(at + 12, true))
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
    const image = new Image('', 0, 0, 0)
    image.knownComm = comm
    image.knownExe = exe
    image.knownArgs = args
    return image
  }

  /** The same program under other names: what a clone event tells where its parent's execve was missed. */
  renamed(comm: string, exe: string, args: Texts): Image {
    const image = new Image(this.text, this.count, this.tsLow, this.tsHigh)
    image.knownComm = comm
    image.knownExe = exe
    image.knownArgs = args
    image.knownExepath = this.exepath
    image.knownEnv = this.env
    image.knownCwd = this.knownCwd
    image.knownFlags = this.flags
    image.knownCaps = this.caps
    image.knownIno = this.ino
    image.knownCtime = this.ctime
    image.knownMtime = this.mtime
    return image
  }

  get comm(): string {
    this.knownComm ??= this.word(param.comm)
    return this.knownComm
  }

  get exe(): string {
    this.knownExe ??= this.word(param.exe)
    return this.knownExe
  }

  get exepath(): string {
    this.knownExepath ??= withoutMark(this.word(param.exepath))
    return this.knownExepath
  }

  set exepath(path: string) {
    this.knownExepath = path
  }

  get cwd(): string {
    this.knownCwd ??= withoutSlash(this.word(param.cwd))
    return this.knownCwd
  }

  get args(): Texts {
    this.knownArgs ??= this.texts(param.args)
    return this.knownArgs
  }

  get env(): Texts {
    this.knownEnv ??= this.texts(param.env)
    return this.knownEnv
  }

  /** Flag set `execve_flags`. */
  get flags(): number {
    if (this.knownFlags < 0) this.knownFlags = this.lengthOf(param.flags) === 4 ? this.uint32(this.offsetOf(param.flags)) : 0
    return this.knownFlags
  }

  get caps(): Caps {
    this.knownCaps ??= {
      inheritable: this.uint64(param.caps),
      permitted: this.uint64(param.caps + 1),
      effective: this.uint64(param.caps + 2),
    }
    return this.knownCaps
  }

  get ino(): number | bigint {
    this.knownIno ??= numberOf(this.uint64(param.ino))
    return this.knownIno
  }

  get ctime(): bigint {
    this.knownCtime ??= this.uint64(param.ctime)
    return this.knownCtime
  }

  get mtime(): bigint {
    this.knownMtime ??= this.uint64(param.mtime)
    return this.knownMtime
  }

  get startTs(): bigint {
    return (BigInt(this.tsHigh) << 32n) | BigInt(this.tsLow)
  }

  /** The text of the cgroups: `known` itself where it is the same, so that nothing is made in the usual case. */
  cgroups(known: string): string {
    const from = this.offsetOf(param.cgroups)
    const length = this.lengthOf(param.cgroups)
    return length === known.length && this.text.startsWith(known, from) ? known : this.text.slice(from, from + length)
  }

  private lengthOf(index: number): number {
    if (index >= this.count) return 0
    return this.text.charCodeAt(index * 2) + this.text.charCodeAt(index * 2 + 1) * 256
  }

  private offsetOf(index: number): number {
    let offset = this.count * 2
    for (let i = 0; i < index; i++) offset += this.lengthOf(i)
    return offset
  }

  /** A text without its NUL. */
  private word(index: number): string {
    const from = this.offsetOf(index)
    const to = from + this.lengthOf(index)
    return this.text.slice(from, to > from && this.text.charCodeAt(to - 1) === 0 ? to - 1 : to)
  }

  private texts(index: number): Texts {
    const length = this.lengthOf(index)
    if (length === 0) return noTexts
    const from = this.offsetOf(index)
    return new Texts(this.text.slice(from, from + length))
  }

  private uint32(at: number): number {
    const { text } = this
    const low = text.charCodeAt(at) + text.charCodeAt(at + 1) * 256
    return low + text.charCodeAt(at + 2) * 65_536 + text.charCodeAt(at + 3) * 16_777_216
  }

  private uint64(index: number): bigint {
    if (this.lengthOf(index) !== 8) return 0n
    const at = this.offsetOf(index)
    return BigInt(this.uint32(at + 4)) * BigInt(twoTo32) + BigInt(this.uint32(at))
  }
}

/** Of threads whose start was missed. */
export const unknownImage = makeUnknown()

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
