import { type EventInfo, events } from '../../schema/event.ts'
import type { Change } from './change.ts'
import { descriptorChanges } from './descriptors.ts'
import { fileChanges } from './files.ts'
import { processBirths, processChanges } from './processes.ts'
import { moved, socketChanges } from './sockets.ts'
import { type Telling, tellings, toldChanges } from './told.ts'
import { userChanges } from './users.ts'

export { readFd } from './change.ts'

/** What an event does to the state, by event code. */
export const changes: readonly (Change | undefined)[] = byCode([
  ...toldChanges,
  ...fileChanges,
  ...descriptorChanges,
  ...socketChanges,
  ...processChanges,
  ...processBirths,
  ...userChanges,
])

/** What an event tells that is no thread's doing, by event code. */
export const tellingOf: readonly (Telling | undefined)[] = events.map(({ id }) => tellings.find(([known]) => known === id)?.[1])

/** 1 for events that tell all about their thread, so that an unknown one is not looked up. */
export const isBirth = flagsOf(new Set(processBirths.map(([id]) => id)))

// Events with several descriptors, where Falco does not take the first.
const fdParamNames: Readonly<Record<string, string>> = { SYSCALL_COPY_FILE_RANGE_X: 'fdin', SYSCALL_SENDFILE_X: 'out_fd' }

/** 1 for events that happen to a thread without its doing: they are no reason to look an unknown one up. */
export const isPassive = Uint8Array.from(events, (event) =>
  event.flags.has('SKIPPARSERESET') || event.categoryFlags.has('TRACEPOINT') ? 1 : 0,
)

/** Index of the parameter that holds the descriptor which the event is about, by event code; -1 where there is none. */
export const fdParams = Int8Array.from(events, (event) => {
  if (!event.flags.has('USES_FD') || event.flags.has('UNUSED') || event.isEnter) return -1
  const name = fdParamNames[event.id]
  return event.params.findIndex((param) => (name === undefined ? param.type === 'FD' && param.name !== 'res' : param.name === name))
})

function flagsOf(ids: ReadonlySet<string>): Uint8Array {
  return Uint8Array.from(events, (event) => (ids.has(event.id) ? 1 : 0))
}

function moves({ flags, isEnter }: EventInfo): boolean {
  return !isEnter && flags.has('USES_FD') && (flags.has('READS_FROM_FD') || flags.has('WRITES_TO_FD'))
}

function byCode(rows: readonly (readonly [string, Change])[]): (Change | undefined)[] {
  const known = new Map(rows)
  const table = events.map((event) => known.get(event.id) ?? (moves(event) ? moved : undefined))
  const names = new Set(events.map((event) => event.id))
  const wrong = rows.find(([id]) => !names.has(id))
  if (wrong) throw new Error(`no event ${wrong[0]}`)
  return table
}
