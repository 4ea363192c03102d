import type { Event } from '../../event/event.ts'
import type { Thread } from '../../event/thread.ts'

// A table that was damaged by missed events may hold a circle; real ancestries are far shorter.
export const maxAncestors = 100

// Falco knows process ids of 32 bits only, and shows no value for longer ones.
const maxPid = 0x7fff_ffff

/** An id as it is shown where a negative one stands for none. */
export function notNegative(id: number | undefined): number | undefined {
  return id === undefined || id < 0 ? undefined : id
}

/** A process or thread id as it is shown. */
export function shownPid(id: number | undefined): number | undefined {
  return id === undefined || id > maxPid ? undefined : id
}

/** The process's parent. */
export function parentOf(event: Event): Thread | undefined {
  return event.thread?.parent
}

/** The ancestor `level` generations up: 0 is the process itself, 1 its parent. */
export function ancestorOf(event: Event, level: number): Thread | undefined {
  let thread: Thread | undefined = event.thread?.main
  for (let i = 0; i < level && thread !== undefined; i++) thread = thread.parent
  return thread
}

/** Visits the ancestors, nearest first, without the process itself, until one is `found`. */
export function findAncestor(event: Event, found: (thread: Thread) => boolean): Thread | undefined {
  let thread = event.thread?.parent
  for (let i = 0; i < maxAncestors && thread !== undefined; i++) {
    if (found(thread)) return thread
    thread = aboveOf(thread)
  }
  return undefined
}

// Who is his own parent has none.
function aboveOf(thread: Thread): Thread | undefined {
  const { parent } = thread
  return parent === thread ? undefined : parent
}

/** One value of each ancestor, nearest first; undefined where there is none. */
export function ofAncestors<T>(event: Event, read: (thread: Thread) => T): T[] | undefined {
  let thread = event.thread?.parent
  if (thread === undefined) return undefined
  const values: T[] = []
  for (let i = 0; i < maxAncestors && thread !== undefined; i++) {
    values.push(read(thread))
    thread = aboveOf(thread)
  }
  return values
}

/** Texts with a blank between, where empty ones in front count for nothing; undefined where all are empty. */
export function joined(texts: readonly string[] | undefined): string | undefined {
  if (texts === undefined) return undefined
  let all = ''
  for (const text of texts) all = all === '' ? text : `${all} ${text}`
  return all === '' ? undefined : all
}

/** The name of a process and its arguments, with blanks between. */
export function commandLine(thread: Thread): string {
  const { comm, argText, commandLine: known } = thread
  return known !== undefined && known.args === argText && known.comm === comm ? known.text : writeCommandLine(thread)
}

/** The arguments of a process, with blanks between. */
export function argumentLine(thread: Thread): string {
  return thread.argText.line
}

// Many rules look at it, again and again; it changes with exec only.
function writeCommandLine(thread: Thread): string {
  const { comm, argText } = thread
  const { line } = argText
  const text = line === '' ? comm : `${comm} ${line}`
  thread.commandLine = { comm, args: argText, text }
  return text
}
