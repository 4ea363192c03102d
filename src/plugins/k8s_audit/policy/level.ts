/** How much of a request is recorded, from little to much. */
export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]

export function isBelow(level: Level, other: Level): boolean {
  return levels.indexOf(level) < levels.indexOf(other)
}

export function highest(all: Iterable<Level>): Level {
  let found: Level = 'None'
  for (const level of all) if (isBelow(found, level)) found = level
  return found
}

/** The level from which on a field has a value: `ka.req.pod.host_pid`, `jevt.value["/requestObject/spec"]`. */
export function levelOf(field: string): Level {
  if (field === 'ka.resp.name') return 'RequestResponse'
  if (field.startsWith('ka.req.')) return field === 'ka.req.configmap.name' ? 'Metadata' : 'Request'
  const pointer = /^j(?:evt|son)\.value\["?\/?([^/"\]]*)/.exec(field)?.[1]
  if (pointer === 'requestObject') return 'Request'
  return pointer === 'responseObject' ? 'RequestResponse' : 'Metadata'
}
