/** From the most to the least severe: a priority is the index here, as in syslog. */
export const priorityNames = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Informational', 'Debug'] as const

export type PriorityName = (typeof priorityNames)[number]

/** The least severe priority. */
export const debugPriority = 7

const byName: ReadonlyMap<string, number> = new Map([
  ...priorityNames.map((name, index) => [name.toLowerCase(), index] as const),
  ['info', 6],
])

/** The number of a priority's name in any case, `info` too; undefined if there is none. */
export function parsePriority(name: string): number | undefined {
  return byName.get(name.toLowerCase())
}

export function priorityName(priority: number): PriorityName {
  return priorityNames[priority] ?? 'Debug'
}
