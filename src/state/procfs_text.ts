import { cgroupSubsystems } from '../schema/cgroups.ts'
// The files of /proc that are text, as byte strings. Formats: proc(5).

export interface Status {
  readonly name: string
  readonly tgid: number
  readonly ppid: number
  readonly threads: number
  /** Waits for its parent to look, with all its threads. */
  readonly hasEnded: boolean
  /** Numbers in the innermost pid namespace. */
  readonly vpid: number
  readonly vtgid: number
  readonly vpgid: number
  /** Effective ids. */
  readonly uid: number
  readonly gid: number
  readonly capInheritable: bigint
  readonly capPermitted: bigint
  readonly capEffective: bigint
  readonly vmSizeKb: number
  readonly vmRssKb: number
  readonly vmSwapKb: number
}

export interface Stat {
  readonly pgrp: number
  readonly session: number
  readonly tty: number
  readonly minorFaults: number
  readonly majorFaults: number
  /** Since boot, in hundredths of a second. */
  readonly startTicks: bigint
}

/** /proc/<tid>/status; undefined where it is not one. */
export function parseStatus(text: string): Status | undefined {
  const tgid = Number(member(text, 'Tgid'))
  if (!(tgid > 0)) return undefined
  const pid = member(text, 'Pid')
  const threads = Number(member(text, 'Threads'))
  return {
    name: plainName(member(text, 'Name')),
    tgid,
    ppid: Number(member(text, 'PPid')),
    threads,
    hasEnded: /^[ZX]/.test(member(text, 'State')) && threads <= 1,
    vpid: Number(lastOf(member(text, 'NSpid')) || pid),
    vtgid: Number(lastOf(member(text, 'NStgid')) || tgid),
    vpgid: Number(lastOf(member(text, 'NSpgid')) || -1),
    uid: Number(columnOf(member(text, 'Uid'), 1)),
    gid: Number(columnOf(member(text, 'Gid'), 1)),
    capInheritable: BigInt(`0x${member(text, 'CapInh') || 0}`),
    capPermitted: BigInt(`0x${member(text, 'CapPrm') || 0}`),
    capEffective: BigInt(`0x${member(text, 'CapEff') || 0}`),
    vmSizeKb: Number.parseInt(member(text, 'VmSize'), 10) || 0,
    vmRssKb: Number.parseInt(member(text, 'VmRSS'), 10) || 0,
    vmSwapKb: Number.parseInt(member(text, 'VmSwap'), 10) || 0,
  }
}

/** /proc/<tid>/stat; undefined where it is not one. */
export function parseStat(text: string): Stat | undefined {
  // The name in parentheses may hold anything, even ') '.
  const end = text.lastIndexOf(') ')
  if (end < 0) return undefined
  const columns = text.slice(end + 2).split(' ')
  // Column 3 of proc(5) is the first here.
  const at = (column: number) => Number(columns[column - 3] ?? 0)
  return {
    pgrp: at(5),
    session: at(6),
    tty: at(7),
    minorFaults: at(10),
    majorFaults: at(12),
    startTicks: BigInt(columns[22 - 3] ?? 0),
  }
}

/** /proc/<tid>/cgroup as `subsystem=path` texts; subsystems that version 1 does not mount are where version 2 has the process. */
export function parseCgroups(text: string): string[] {
  const paths = new Map<string, string>()
  let unified: string | undefined
  for (const line of text.split('\n')) {
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (second < 0) continue
    const path = line.slice(second + 1)
    const names = line.slice(first + 1, second)
    if (names === '') unified = path
    else for (const name of names.split(',')) paths.set(name === 'blkio' ? 'io' : name, path)
  }
  const list: string[] = []
  for (const name of cgroupSubsystems) {
    const path = paths.get(name) ?? unified
    if (path !== undefined) list.push(`${name}=${path}`)
  }
  return list
}

function member(text: string, key: string): string {
  const mark = `\n${key}:\t`
  const isFirst = text.startsWith(mark.slice(1))
  const at = isFirst ? -1 : text.indexOf(mark)
  if (at < 0 && !isFirst) return ''
  const from = at + mark.length
  const end = text.indexOf('\n', from)
  return text.slice(from, end < 0 ? text.length : end).trim()
}

function lastOf(columns: string): string {
  return columns.slice(columns.lastIndexOf('\t') + 1)
}

function columnOf(columns: string, index: number): string {
  return columns.split('\t')[index] ?? ''
}

// The kernel writes a newline in a name as \n, and a backslash as \\.
function plainName(name: string): string {
  return name.includes('\\') ? name.replace(/\\([n\\])/g, (_, char: string) => (char === 'n' ? '\n' : '\\')) : name
}

/** Texts with a NUL behind each. */
export function pieces(text: string): string[] {
  const list = text.split('\0')
  if (list[list.length - 1] === '') list.pop()
  return list
}
