// Compares what a recording gives here with what `sysdig -r` prints of it. Events are paired by time, thread, direction and order;
// their numbers, types, process names and descriptors' names are compared. The differences that are meant are classes with a reason.
// By hand: bun test/differential/sysdig.ts FILE...; any other difference is shown, and the exit code is 1.
import { basename } from 'node:path'
import { cleanPath } from '../../src/base/path.ts'
import { openReplay } from '../../src/capture/replay.ts'
import { parseFormat, render } from '../../src/engine/format.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { events } from '../../src/schema/event.ts'
import { noContainers } from '../../src/state/containers.ts'
import { State } from '../../src/state/state.ts'
import { ListedUsers } from '../../src/state/users.ts'
import { drain } from '../capture/read_all.ts'

export interface Comparison {
  /** Events by the reason of their difference; `same` for those without. */
  readonly counts: ReadonlyMap<string, number>
  /** Differences that no class explains. */
  readonly unexplained: readonly string[]
}

export const same = 'the same'

/** Compares one recording; undefined where sysdig cannot read it. */
export async function compareWithSysdig(file: string): Promise<Comparison | undefined> {
  const other = theirs(file)
  return other === undefined ? undefined : compare(await ours(file), other)
}

interface Row {
  readonly num: number
  readonly key: string
  readonly type: string
  readonly dir: string
  readonly proc: string
  readonly fdNum: string
  readonly fd: string
  /** Known to the state and not shown. */
  readonly isHidden: boolean
}

interface Class {
  readonly reason: string
  matches(ours: Row | undefined, theirs: Row | undefined): boolean
}

const isMissing = (text: string) => text === '<NA>' || text === ''
const isSame = (one: string, other: string) => one === other || (isMissing(one) && isMissing(other))
const peer = (row: Row | undefined) => row?.fd.split('->')[1]
const sysdigOnly: ReadonlySet<string> = new Set(events.filter(({ flags }) => flags.has('UNUSED')).map(({ name }) => name))

const classes: readonly Class[] = [
  {
    reason: 'enter event: what it told is told by the exit event now',
    matches: (ours, theirs) => (ours === undefined || ours.isHidden) && theirs?.dir === '>',
  },
  {
    reason: 'state at the head, written as events: sysdig does not list it',
    matches: (ours, theirs) => theirs === undefined && ours?.isHidden === true,
  },
  {
    reason: 'event of the driver that is not in use any more',
    matches: (ours, theirs) => ours === undefined && theirs !== undefined && sysdigOnly.has(theirs.type),
  },
  {
    reason: same,
    matches: (ours, theirs) =>
      ours !== undefined &&
      theirs !== undefined &&
      ours.type === theirs.type &&
      isSame(ours.proc, theirs.proc) &&
      isSame(ours.fd, theirs.fd),
  },
  {
    reason: 'system call whose name sysdig does not know',
    matches: (ours, theirs) => ours !== undefined && theirs?.type === '<unknown>',
  },
  {
    reason: 'event of the driver that was renamed',
    matches: (ours, theirs) => ours?.type === 'scapevent' && theirs?.type === 'sysdigevent',
  },
  {
    reason: 'accept4, which sysdig shows as accept',
    matches: (ours, theirs) => ours?.type === 'accept4' && theirs?.type === 'accept' && isSame(ours.fd, theirs.fd),
  },
  {
    reason: 'container event: sysdig makes up a process for it',
    matches: (ours, theirs) => ours?.type === 'container' && theirs?.proc.startsWith('container:') === true,
  },
  {
    reason: 'descriptor that only the enter event told then',
    matches: (ours, theirs) => isAlike(ours, theirs) && isMissing(theirs?.fdNum ?? '') && !isMissing(ours?.fdNum ?? ''),
  },
  {
    reason: 'socket of a thread that the file does not list: its address is taken from the message',
    matches: (ours, theirs) => isAlike(ours, theirs) && isMissing(ours?.proc ?? '') && isMissing(theirs?.fd ?? '') && isMessage(ours),
  },
  {
    reason: 'connect that failed: sysdig names the descriptor all the same',
    matches: (ours, theirs) => isAlike(ours, theirs) && ours?.type === 'connect' && isMissing(ours.fd),
  },
  {
    reason: 'open that failed: sysdig leaves the dots in an absolute path',
    matches: (ours, theirs) => isAlike(ours, theirs) && ours?.fdNum === '-1' && cleanPath(theirs?.fd ?? '') === ours.fd,
  },
  {
    reason: 'file relative to the root or to a directory that is not known: sysdig only joins the names',
    matches: (ours, theirs) => isAlike(ours, theirs) && joined(ours) === joined(theirs),
  },
  {
    reason: 'connect to another address: sysdig keeps the first',
    matches: (ours, theirs) => isAlike(ours, theirs) && isMessage(ours) && peer(ours) !== peer(theirs),
  },
]

function isAlike(ours: Row | undefined, theirs: Row | undefined): boolean {
  return ours !== undefined && ours.type === theirs?.type && isSame(ours.proc, theirs.proc)
}

function joined(row: Row | undefined): string | undefined {
  return row?.fd.replace(/^<UNKNOWN>\/?/, '<UNKNOWN>').replace(/^\/+/, '/')
}

function isMessage(row: Row | undefined): boolean {
  return /^(connect|send\w*)$/.test(row?.type ?? '')
}

const line = '*%evt.num\t%evt.rawtime\t%thread.tid\t%evt.dir\t%evt.type\t%proc.name\t%fd.num\t%fd.name\t|'

async function ours(file: string): Promise<Row[]> {
  const state = new State({ source: 'replay', users: new ListedUsers(), containers: noContainers })
  const format = parseFormat(line, createSyscallFields())
  const rows: Row[] = []
  await drain(openReplay(file, state), (event) => {
    state.apply(event)
    rows.push(rowOf(render(format, event) ?? '', event.isStateOnly))
  })
  return numbered(rows)
}

/** With `-D`, sysdig lists the events of the driver too. */
function theirs(file: string): Row[] | undefined {
  const { stdout, exitCode } = Bun.spawnSync(['sysdig', '-D', '-r', file, '-p', line], { env: { ...process.env, TZ: 'UTC' } })
  if (exitCode !== 0) return undefined
  const rows = stdout.toString('latin1').split('\t|\n').slice(0, -1)
  return numbered(rows.map((row) => rowOf(row, false)))
}

function rowOf(text: string, isHidden: boolean): Row {
  const [num = '', ts = '', tid = '', dir = '', type = '', proc = '', fdNum = '', fd = ''] = text.split('\t')
  return { num: Number(num), key: `${ts} ${tid} ${dir}`, type, dir, proc, fdNum, fd: fd.trimEnd(), isHidden }
}

/** Makes keys unique, by the order of rows with the same. */
function numbered(rows: readonly Row[]): Row[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const count = (seen.get(row.key) ?? 0) + 1
    seen.set(row.key, count)
    return { ...row, key: `${row.key} ${count}` }
  })
}

function compare(mine: readonly Row[], other: readonly Row[]): Comparison {
  const counts = new Map<string, number>()
  const unexplained: string[] = []
  const left = new Map(other.map((row) => [row.key, row]))
  const add = (ours: Row | undefined, theirs: Row | undefined) => {
    const reason = classes.find((one) => one.matches(ours, theirs))?.reason
    counts.set(reason ?? 'UNEXPLAINED', (counts.get(reason ?? 'UNEXPLAINED') ?? 0) + 1)
    if (reason === undefined) unexplained.push(`here ${JSON.stringify(ours)}, there ${JSON.stringify(theirs)}`)
  }
  const pairs = new Map<Row, Row>()
  for (const row of mine) {
    const found = left.get(row.key)
    left.delete(row.key)
    add(row, found)
    if (found !== undefined) pairs.set(row, found)
  }
  for (const row of left.values()) add(undefined, row)
  unexplained.push(...wrongNumbers(mine, other, pairs))
  return { counts, unexplained }
}

// Here events are numbered from 1 without gaps. sysdig has the same order, and other numbers for two reasons only: it counts enter
// events, which are not kept here, and it may or may not count the state at the head, which it does not list.
function wrongNumbers(mine: readonly Row[], other: readonly Row[], pairs: ReadonlyMap<Row, Row>): string[] {
  const wrong = mine.filter((row, index) => row.num !== index + 1).map((row) => `number ${row.num} is out of its place`)
  const heads = mine.filter((row) => row.isHidden && !pairs.has(row)).length
  const positions = new Map(other.map((row, index) => [row, index]))
  let previous = -1
  for (const [row, found] of pairs) {
    const position = positions.get(found) ?? -1
    if (position < previous) wrong.push(`number ${row.num} comes before the one before it in sysdig`)
    previous = position
    const unlisted = found.num - 1 - position
    if (unlisted < 0 || unlisted > heads) wrong.push(`number ${row.num} is ${found.num} in sysdig`)
  }
  return wrong
}

if (import.meta.main) {
  for (const file of process.argv.slice(2)) {
    const found = await compareWithSysdig(file)
    console.log(basename(file))
    if (found === undefined) console.log('        sysdig cannot read it')
    for (const [reason, count] of found?.counts ?? []) console.log(`${String(count).padStart(7)} ${reason}`)
    for (const text of found?.unexplained.slice(0, 5) ?? []) console.log(`        ${text}`)
    if (found !== undefined && found.unexplained.length > 0) process.exitCode = 1
  }
}
