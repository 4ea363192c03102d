import type { Event } from '../../event/event.ts'
import { eventCodes, events, type ParamInfo } from '../../schema/event.ts'

const longest = Number.MAX_SAFE_INTEGER

/** Index of the parameter `name` by event code; -1 for events that have none. */
export function paramIndexes(name: string): Int8Array {
  return indexesOf((param) => param.name === name)
}

/** Index of the first parameter that fits, by event code; -1 for events that have none. */
export function indexesOf(fits: (param: ParamInfo, index: number, event: (typeof events)[number]) => boolean): Int8Array {
  const indexes = new Int8Array(eventCodes).fill(-1)
  for (const event of events) indexes[event.code] = event.params.findIndex((param, index) => fits(param, index, event))
  return indexes
}

/** Marks the event codes for which `fits` holds. */
export function marksOf(fits: (event: (typeof events)[number]) => boolean): Uint8Array {
  const marks = new Uint8Array(eventCodes)
  for (const event of events) marks[event.code] = fits(event) ? 1 : 0
  return marks
}

/** A signed integer parameter, as a bigint where it does not fit 53 bits. */
export function signedParam(event: Event, index: number): number | bigint {
  const value = event.int(index)
  if ((value | 0) === value) return value
  return value > longest || value < -longest ? BigInt.asIntN(64, event.big(index)) : value
}

/** An unsigned integer parameter, as a bigint where it does not fit 53 bits. */
export function unsignedParam(event: Event, index: number): number | bigint {
  const value = event.uint(index)
  return value > longest ? event.big(index) : value
}
