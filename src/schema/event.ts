import { eventRows } from './events/index.ts'
import { dynamicRows, flagRows } from './flags.ts'
import { type ParamFormat, type ParamType, paramTypes } from './params.ts'
import { syscallRows } from './syscalls.ts'

export interface ParamInfo {
  readonly name: string
  readonly type: ParamType
  readonly format: ParamFormat
  /** Names of the bits (FLAGS*, MODE) or of the values (ENUMFLAGS*). */
  readonly flags?: FlagSet
  /** DYN: the types that the first byte of the value selects from. */
  readonly dynamic?: readonly DynamicInfo[]
  /** FSRELPATH: index of the parameter that holds the directory's descriptor. */
  readonly dirfdParam?: number
}

export interface DynamicInfo {
  readonly type: ParamType
  readonly format: ParamFormat
  readonly flags?: FlagSet
}

export interface FlagSet {
  readonly name: string
  /** In the order in which names are printed. */
  readonly entries: readonly (readonly [name: string, value: number])[]
}

export interface EventInfo {
  readonly code: number
  /** The driver's name, without PPME_: `SYSCALL_OPENAT_2_X`. */
  readonly id: string
  /** What `evt.type` shows: `openat`. */
  readonly name: string
  readonly isEnter: boolean
  readonly category: string
  readonly categoryFlags: ReadonlySet<string>
  /** CREATES_FD, USES_FD, MODIFIES_STATE, OLD_VERSION, UNUSED, LARGE_PAYLOAD ... */
  readonly flags: ReadonlySet<string>
  readonly params: readonly ParamInfo[]
  /** Whether parameter lengths take 4 bytes instead of 2. */
  readonly isLarge: boolean
}

export interface SyscallInfo {
  /** The PPM_SC code, the same on every architecture. */
  readonly sc: number
  readonly name: string
  /** Code of the exit event; `genericExit` where the driver has no event of its own for it. */
  readonly exit: number
  readonly x86_64: number | undefined
  readonly arm64: number | undefined
}

/** Code of the event that stands for every system call without an event of its own. */
export const genericExit = 1

/** Codes below this one are events; an event's `kind` is its code, or `kindOfSyscall(sc)` for a generic event. */
export const eventCodes = 512

export const flagSets: ReadonlyMap<string, FlagSet> = new Map(flagRows.trim().split('\n').map(parseFlagSet))

const dynamics: ReadonlyMap<string, readonly DynamicInfo[]> = new Map(dynamicRows.trim().split('\n').map(parseDynamic))

// Most flags and parameters are those of many events.
const knownNames = new Map<string, ReadonlySet<string>>()
const knownParams = new Map<string, ParamInfo>()

/** Events by code; every code from 0 on is there. */
export const events: readonly EventInfo[] = eventRows.map(parseEvent).sort((a, b) => a.code - b.code)

const codes: ReadonlyMap<string, number> = new Map(events.map(({ id, code }) => [id, code]))

/** System calls by PPM_SC code. */
export const syscalls: readonly SyscallInfo[] = syscallRows.trim().split('\n').map(parseSyscall)

export const paramBytes: ReadonlyMap<ParamType, number> = new Map(paramTypes.map(([name, , bytes]) => [name, bytes]))

/** The code of the event with the driver's name `id`; throws on a name that is not in the table. */
export function codeOf(id: string): number {
  const code = codes.get(id)
  if (code === undefined) throw new Error(`no event ${id}`)
  return code
}

/** The kind of a generic event of the system call with PPM_SC code `sc`. */
export function kindOfSyscall(sc: number): number {
  return eventCodes + sc
}

/** What `evt.type` shows for events of this kind. */
export function kindName(kind: number): string {
  if (kind >= eventCodes) return syscalls[kind - eventCodes]?.name ?? 'syscall'
  return events[kind]?.name ?? 'unknown'
}

function parseEvent(row: string): EventInfo {
  const [code = '', id = '', name = '', category = '', categoryFlags = '', flags = '', ...params] = row.split(' ')
  const flagNames = namesIn(flags)
  return {
    code: Number(code),
    id,
    name,
    isEnter: Number(code) % 2 === 0,
    category,
    categoryFlags: namesIn(categoryFlags),
    flags: flagNames,
    params: params.map(paramOf),
    isLarge: flagNames.has('LARGE_PAYLOAD'),
  }
}

function namesIn(text: string): ReadonlySet<string> {
  let names = knownNames.get(text)
  if (names === undefined) {
    names = new Set(text === '-' ? [] : text.split('|'))
    knownNames.set(text, names)
  }
  return names
}

function paramOf(text: string): ParamInfo {
  let param = knownParams.get(text)
  if (param === undefined) {
    param = parseParam(text)
    knownParams.set(text, param)
  }
  return param
}

function parseParam(text: string): ParamInfo {
  const [spec = '', extra] = text.split('=')
  const [name = '', type, format] = spec.split(':')
  const base = { name, type: type as ParamType, format: format as ParamFormat }
  if (extra === undefined) return base
  if (type === 'FSRELPATH') return { ...base, dirfdParam: Number(extra) }
  if (type === 'DYN') return { ...base, dynamic: dynamics.get(extra) ?? [] }
  const flags = flagSets.get(extra)
  return flags ? { ...base, flags } : base
}

function parseFlagSet(row: string): [string, FlagSet] {
  const [name = '', ...entries] = row.split(' ')
  return [name, { name, entries: entries.map((entry) => splitEntry(entry)) }]
}

function splitEntry(entry: string): [string, number] {
  const at = entry.lastIndexOf('=')
  return [entry.slice(0, at), Number(entry.slice(at + 1))]
}

function parseDynamic(row: string): [string, DynamicInfo[]] {
  const [name = '', ...types] = row.split(' ')
  return [name, types.map((type) => parseParam(`:${type}`))]
}

function parseSyscall(row: string): SyscallInfo {
  const [sc, name = '', exit, x86, arm] = row.split(' ')
  const number = (text: string | undefined) => (text === undefined || text === '-' ? undefined : Number(text))
  return { sc: Number(sc), name, exit: Number(exit), x86_64: number(x86), arm64: number(arm) }
}
