import type { Event } from '../../event/event.ts'
import { indexesOf, marksOf, signedParam } from './params.ts'

// What these return is their only parameter.
const ids = new Set(['getuid', 'geteuid', 'getgid', 'getegid'])
const results = indexesOf(
  ({ name }, index, event) => name === 'res' || (name === 'fd' && index === 0) || (index === 0 && ids.has(event.name)),
)
const pidResults = marksOf((event) => event.params[results[event.code] ?? -1]?.type === 'PID')

/** Whether events with this code carry a result. */
export function hasResult(code: number): boolean {
  return (results[code] ?? -1) >= 0
}

/** What the system call returned, 0 or more for success; undefined for events without a result. */
export function resultOf(event: Event): number | bigint | undefined {
  if (!event.isResultKnown) {
    event.result = readResult(event)
    event.isResultKnown = true
  }
  return event.result
}

/** Whether the result is a process id: Falco shows its errors by number. */
export function isPidResult(code: number): boolean {
  return pidResults[code] === 1
}

function readResult(event: Event): number | bigint | undefined {
  const index = results[event.type] ?? -1
  if (index < 0 || event.lengthOf(index) === 0) return undefined
  return signedParam(event, index)
}
