import { withoutDeleted } from '../base/path.ts'
import type { Event } from '../event/event.ts'
import type { ThreadSeed } from '../event/snapshot.ts'
import { BytesCache } from './bytes_cache.ts'
import { type Caps, Executable, executableFrom, executableTo, noExecutable } from './executable.ts'
import { flag } from './flags.ts'
import { Cgroups, noTexts, Texts } from './texts.ts'

const longestShort = 256
const slash = 47

// Parameters of an execve event: those it shares with clone, and its own.
const param = { exe: 1, args: 2, tid: 3, cwd: 6, fdlimit: 7, comm: 13, cgroups: 14, env: 15 } as const

/** Names, programs and control groups of the events of one source, each made once. */
export class Programs {
  // A name of up to so many bytes, or a path with what else tells the executable.
  private readonly names = new BytesCache<string>(1024, 124, (event, from, to) => event.bytes.latin1Slice(from, to))
  private readonly executables = new BytesCache<Executable>(512, 188, (event) => Executable.fromEvent(event))
  private readonly cgroupTexts = new BytesCache<Cgroups>(64, 1024, (event, from, to) => new Cgroups(event.bytes.latin1Slice(from, to)))

  /** The text from `from` to `to`, without a NUL at its end. */
  name(event: Event, from: number, to: number): string {
    return this.names.get(event, from, to > from && event.bytes[to - 1] === 0 ? to - 1 : to)
  }

  /** The same for a directory, without a slash at its end. */
  directory(event: Event, from: number, end: number): string {
    const { bytes } = event
    let to = end > from && bytes[end - 1] === 0 ? end - 1 : end
    if (to > from + 1 && bytes[to - 1] === slash) to--
    return this.names.get(event, from, to)
  }

  executable(event: Event): Executable {
    const from = executableFrom(event)
    return from < 0 ? Executable.fromEvent(event) : this.executables.get(event, from, executableTo(event))
  }

  /** Of an execve or a clone event. */
  cgroups(event: Event): Cgroups {
    const from = event.offsetOf(param.cgroups)
    return this.cgroupTexts.get(event, from, from + event.lengthOf(param.cgroups))
  }
}

/** What a program was started with: set by execve, and shared by all threads that were cloned since. */
export class Image {
  readonly comm: string
  /** argv[0]. */
  readonly exe: string
  readonly cwd: string
  executable: Executable
  // Taken apart only when asked for: most of it never is.
  private readonly argsText: string
  private readonly envText: string
  private knownArgs: Texts | undefined = undefined
  private knownEnv: Texts | undefined = undefined
  /** When it was started, in halves of ns since the epoch. */
  private tsLow = 0
  private tsHigh = 0
  /** See memory.ts. */
  weighedIn = 0

  private constructor(comm: string, exe: string, cwd: string, executable: Executable, argsText: string, envText: string) {
    this.comm = comm
    this.exe = exe
    this.cwd = cwd
    this.executable = executable
    this.argsText = argsText
    this.envText = envText
  }

  /** Of an execve or execveat event; its environment is left out unless `keepsEnv`. */
  static fromEvent(event: Event, programs: Programs, keepsEnv: boolean): Image {
    const args = event.offsetOf(param.args)
    const exe = programs.name(event, event.offsetOf(param.exe), args)
    const argsText = event.bytes.latin1Slice(args, event.offsetOf(param.tid))
    const cwd = programs.directory(event, event.offsetOf(param.cwd), event.offsetOf(param.fdlimit))
    const comm = programs.name(event, event.offsetOf(param.comm), event.offsetOf(param.cgroups))
    const envText = keepsEnv ? event.raw(param.env) : ''
    const image = new Image(comm, exe, cwd, programs.executable(event), argsText, envText)
    image.tsLow = event.tsLow
    image.tsHigh = event.tsHigh
    return image
  }

  /** Of a list. */
  static fromSeed(seed: ThreadSeed): Image {
    const image = Image.named(seed.comm, seed.exe, Texts.of(seed.args))
    image.executable = Executable.fromSeed(seed)
    image.knownEnv = Texts.of(seed.env)
    return image
  }

  /** Of which no more is known. */
  static named(comm: string, exe: string, args: Texts): Image {
    const image = new Image(comm, exe, '', noExecutable, '', '')
    image.knownArgs = args
    return image
  }

  /** The same program under other names: what a clone event tells where its parent's execve was missed. */
  renamed(comm: string, exe: string, args: Texts): Image {
    const image = new Image(comm, exe, this.cwd, this.executable, '', this.envText)
    image.knownArgs = args
    image.knownEnv = this.knownEnv
    image.tsLow = this.tsLow
    image.tsHigh = this.tsHigh
    return image
  }

  /** What its texts take, about. */
  get bytes(): number {
    const { comm, exe, cwd, argsText, envText, knownArgs, knownEnv } = this
    const known = (knownArgs?.text.length ?? 0) + (knownEnv?.text.length ?? 0)
    return comm.length + exe.length + cwd.length + this.exepath.length + argsText.length + envText.length + known
  }

  /** The same program, of which only the names are kept, as far as they have a usual length. */
  short(): Image {
    const image = Image.named(this.comm.slice(0, longestShort), this.exe.slice(0, longestShort), noTexts)
    image.exepath = this.exepath.slice(0, longestShort)
    return image
  }

  /** Full path of what runs; '' where it is not known. */
  get exepath(): string {
    return this.executable.path
  }

  set exepath(path: string) {
    this.executable = this.executable.at(path)
  }

  get args(): Texts {
    this.knownArgs ??= textsOf(this.argsText)
    return this.knownArgs
  }

  get env(): Texts {
    this.knownEnv ??= textsOf(this.envText)
    return this.knownEnv
  }

  get flags(): number {
    return this.executable.flags
  }

  get caps(): Caps {
    return this.executable.caps
  }

  get startTs(): bigint {
    return (BigInt(this.tsHigh) << 32n) | BigInt(this.tsLow)
  }

  /** What the file is that runs, where the event did not tell. */
  setExecutable(path: string): void {
    const isInMemory = path.startsWith('/memfd:')
    this.executable = this.executable.at(withoutDeleted(isInMemory ? path.slice(1) : path), isInMemory ? flag.EXE_FROM_MEMFD : 0)
  }
}

/** Of threads whose start was missed. */
export const unknownImage = Image.named('<NA>', '<NA>', noTexts)

function textsOf(text: string): Texts {
  return text === '' ? noTexts : new Texts(text)
}

export function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
