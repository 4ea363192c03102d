import { noteLimit, type Subjects, type Value } from '../../condition/field.ts'
import type { Event } from '../../event/event.ts'
import { type EventInfo, eventCodes, events, genericExit, kindName, syscalls } from '../../schema/event.ts'

/** Number of event kinds: one for each event code, and one for each system call that has no event of its own. */
export const kindCount = eventCodes + syscalls.length

const unknownEvent: EventInfo = events[genericExit] as EventInfo

/** The table's entry for an event's code. */
export function infoOf(event: Event): EventInfo {
  return events[event.type] ?? unknownEvent
}

/** The table's entry for events of a kind. */
export function infoOfKind(kind: number): EventInfo {
  return kind >= eventCodes ? unknownEvent : (events[kind] ?? unknownEvent)
}

/** What `evt.type` shows, by kind. */
export const kindNames: readonly string[] = Array.from({ length: kindCount }, (_, kind) => kindName(kind))

const opensFiles: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat'])
const isOpening = Uint8Array.from(kindNames, (name) => (opensFiles.has(name) ? 1 : 0))

/**
 * Of fields whose value follows from `event.opened` alone in events that open files (their subject): from name, flags, mode, device,
 * inode and error of the call, but neither from the descriptor's number nor from who called.
 */
export const ofOpened = { ofSubject: (kind: number): boolean => isOpening[kind] === 1 }

/** Many files are opened again and again, and few of them are any rule's business. */
export const openedFiles: Subjects<Event> = {
  noted: ({ subject, subjects }, token) => {
    if (subject < 0) return -1
    const value = (subjects[subject] as number) - token
    return value < noteLimit ? value : -1
  },
  note: ({ subject, subjects }, token, value) => {
    if (subject >= 0) subjects[subject] = token + value
  },
}

/** Reader and constant of a field that has the same value for all events of a kind. */
export function perKind(choose: (kind: number) => Value): {
  get: (event: Event) => Value
  ofKind: (kind: number) => { value: Value }
} {
  // Made when first asked for: most fields are in no rule.
  let made: readonly Value[] | undefined
  const values = () => (made ??= Array.from({ length: kindCount }, (_, kind) => choose(kind)))
  return { get: (event) => values()[event.kind], ofKind: (kind) => ({ value: values()[kind] }) }
}
