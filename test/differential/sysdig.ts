// Compares what a recording gives here with what `sysdig -r` prints of it: bun test/differential/sysdig.ts FILE...
// Events are paired by time, thread and direction; type, process name and name of the descriptor are compared. The differences
// that are meant are classes with a reason; any other is shown, and the exit code is 1. (Numbers differ: sysdig counts all enter events.)
import { basename } from 'node:path'
import { toUnicode } from '../../src/base/text.ts'
import { openReplay } from '../../src/capture/replay.ts'
import { parseFormat, render } from '../../src/engine/format.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { events } from '../../src/schema/event.ts'
import { noContainers } from '../../src/state/containers.ts'
import { State } from '../../src/state/state.ts'
import { ListedUsers } from '../../src/state/users.ts'
import { drain } from '../capture/read_all.ts'

const line = '*%evt.rawtime\t%thread.tid\t%evt.dir\t%evt.type\t%proc.name\t%fd.num\t%fd.name'

interface Row {
  readonly key: string
  readonly type: string
  readonly dir: string
  readonly proc: string
  readonly fdNum: string
  readonly fd: string
}

interface Class {
  readonly reason: string
  matches(ours: Row | undefined, theirs: Row | undefined): boolean
}

const internal: ReadonlySet<string> = new Set(events.filter(({ categoryFlags }) => categoryFlags.has('INTERNAL')).map(({ name }) => name))
const isMissing = (text: string) => text === '<NA>' || text === ''
const isSame = (one: string, other: string) => one === other || (isMissing(one) && isMissing(other))

const classes: readonly Class[] = [
  {
    reason: 'enter event: what it told is told by the exit event now',
    matches: (ours, theirs) => ours === undefined && theirs?.dir === '>',
  },
  { reason: 'internal event: sysdig hides it', matches: (ours, theirs) => theirs === undefined && internal.has(ours?.type ?? '') },
  {
    reason: 'the same',
    matches: (ours, theirs) =>
      ours?.type === theirs?.type && isSame(ours?.proc ?? '', theirs?.proc ?? '') && isSame(ours?.fd ?? '', theirs?.fd ?? ''),
  },
  { reason: 'system call whose name sysdig does not know', matches: (_, theirs) => theirs?.type === '<unknown>' },
  {
    reason: 'container event: sysdig makes up a process for it',
    matches: (ours, theirs) => ours?.type === 'container' && theirs?.proc.startsWith('container:') === true,
  },
  {
    reason: 'descriptor that only the enter event told then',
    matches: (ours, theirs) => isMissing(theirs?.fdNum ?? '') && !isMissing(ours?.fdNum ?? ''),
  },
  {
    reason: 'socket of a thread that the file does not list: its address is taken from the message',
    matches: (ours, theirs) => isMissing(ours?.proc ?? '') && theirs?.fdNum === ours?.fdNum && isMissing(theirs?.fd ?? ''),
  },
  {
    reason: 'connect that failed: sysdig names the descriptor all the same',
    matches: (ours, theirs) => ours?.type === 'connect' && isMissing(ours.fd) && !isMissing(theirs?.fd ?? ''),
  },
  {
    reason: 'connect to another address: sysdig keeps the first',
    matches: (ours, theirs) => ours?.fdNum === theirs?.fdNum && /^(connect|send\w*)$/.test(ours?.type ?? '') && peer(ours) !== peer(theirs),
  },
]

const peer = (row: Row | undefined) => row?.fd.split('->')[1]

async function ours(file: string): Promise<Row[]> {
  const state = new State({ source: 'replay', users: new ListedUsers(), containers: noContainers })
  const format = parseFormat(line, createSyscallFields())
  const rows: Row[] = []
  await drain(openReplay(file, state), (event) => {
    state.apply(event)
    if (!event.isStateOnly) rows.push(rowOf(toUnicode(render(format, event) ?? '')))
  })
  return rows
}

function theirs(file: string): Row[] {
  const { stdout, exitCode, stderr } = Bun.spawnSync(['sysdig', '-r', file, '-p', line])
  if (exitCode !== 0) throw new Error(`sysdig cannot read ${file}: ${stderr}`)
  return stdout.toString().split('\n').filter(Boolean).map(rowOf)
}

function rowOf(text: string): Row {
  const [ts = '', tid = '', dir = '', type = '', proc = '', fdNum = '', fd = ''] = text.split('\t')
  return { key: `${ts} ${tid} ${dir}`, type, dir, proc, fdNum, fd: fd.trimEnd() }
}

const unexplained = 'UNEXPLAINED'

function compare(mine: readonly Row[], other: readonly Row[], count: (reason: string, ours?: Row, theirs?: Row) => void): void {
  const left = new Map(other.map((row) => [row.key, row]))
  const classOf = (ours?: Row, theirs?: Row) => classes.find((one) => one.matches(ours, theirs))?.reason ?? unexplained
  for (const row of mine) {
    const found = left.get(row.key)
    left.delete(row.key)
    count(classOf(row, found), row, found)
  }
  for (const row of left.values()) count(classOf(undefined, row), undefined, row)
}

for (const file of process.argv.slice(2)) {
  const counts = new Map<string, number>()
  const examples: string[] = []
  compare(await ours(file), theirs(file), (reason, mine, other) => {
    const seen = (counts.get(reason) ?? 0) + 1
    counts.set(reason, seen)
    if (reason === unexplained && seen <= 5) examples.push(`  here ${JSON.stringify(mine)}\n  there ${JSON.stringify(other)}`)
  })
  console.log(basename(file))
  for (const [reason, count] of counts) console.log(`${String(count).padStart(7)} ${reason}`)
  for (const example of examples) console.log(example)
  if (counts.has(unexplained)) process.exitCode = 1
}
