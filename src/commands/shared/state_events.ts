import { eventCodes, events } from '../../schema/event.ts'

/** By event code, 1 for what changes what is known of threads, descriptors, containers and users: readers of a recording need it. */
export const changesState = Uint8Array.from({ length: eventCodes }, (_, code) => {
  const flags = events[code]?.flags
  return flags !== undefined && (flags.has('MODIFIES_STATE') || flags.has('CREATES_FD') || flags.has('DESTROYS_FD')) ? 1 : 0
})
