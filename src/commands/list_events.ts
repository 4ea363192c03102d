import { print } from '../base/print.ts'
import { driverSchemaVersion } from '../base/version.ts'
import { type EventInfo, events, genericExit, type ParamInfo, type SyscallInfo, syscalls } from '../schema/event.ts'
import type { EarlyAction } from './command.ts'
import { type ListFormat, listFormat } from './shared/list_format.ts'

/** `--list-events`. */
export const listEventsAction: EarlyAction = {
  name: 'list-events',
  isWanted: ({ args }) => args.listEvents,
  run: ({ args }) => (print(eventListing(listFormat(args))) ? 0 : 1),
}

export function eventListing(format: ListFormat): string {
  return renderers[format]()
}

interface Section {
  readonly title: string
  readonly events: readonly Listed[]
}

interface Listed {
  readonly name: string
  readonly direction: '>' | '<'
  readonly params: readonly ParamInfo[]
}

const renderers: Readonly<Record<ListFormat, () => string>> = {
  text: () => {
    const parts = sections().map(({ title, events: listed }) => `## ${title}\n\n${listed.map((each) => `${textLine(each)}\n`).join('')}`)
    return `The events below are valid for Falco *Schema Version*: ${driverSchemaVersion}\n${parts.join('\n')}`
  },
  markdown: () => {
    const head = '| Dir | Event |\n|:---:|:------|\n'
    const row = (each: Listed) => `| \`${each.direction}\` | **${each.name}**(${each.params.map(paramText).join(', ')}) |\n`
    const parts = sections().map(({ title, events: listed }) => `## ${title}\n\n${head}${listed.map(row).join('')}`)
    return `The events below are valid for Falco *Schema Version*: ${driverSchemaVersion}\n\n${parts.join('\n')}`
  },
  json: () => {
    const listed = sections().map(({ title, events: all }) => ({ category: title, events: all.map(jsonEvent) }))
    return `${JSON.stringify({ schema_version: driverSchemaVersion, sections: listed }, undefined, 2)}\n`
  },
}

function sections(): Section[] {
  const current = events.filter(({ flags, code }) => !flags.has('OLD_VERSION') && !flags.has('UNUSED') && code > genericExit)
  const of = (category: string) => current.filter(({ categoryFlags }) => categoryFlags.has(category)).map(listedEvent)
  return [
    { title: 'Syscall events', events: [...of('SYSCALL'), ...genericEvents()] },
    { title: 'Tracepoint events', events: of('TRACEPOINT') },
    { title: 'Plugin events', events: of('PLUGIN') },
    { title: 'Metaevents', events: of('METAEVENT') },
  ]
}

function listedEvent({ name, isEnter, params }: EventInfo): Listed {
  return { name, direction: isEnter ? '>' : '<', params }
}

// System calls without an event of their own share one, which has their number.
function genericEvents(): Listed[] {
  const [enter, exit] = events.slice(genericExit - 1, genericExit + 1).map(listedEvent)
  if (!enter || !exit) return []
  const names = syscalls.filter(isGeneric).map(({ name }) => name)
  return names.flatMap((name): Listed[] => [
    { ...enter, name },
    { ...exit, name },
  ])
}

// Tracepoints have a number too, one is of nothing, and 32-bit processors have calls that are others by another name.
const unlisted =
  /^(?:unknown|na_1|sched_process_exit|sched_switch|page_fault_\w+|signal_deliver|sendfile64|fcntl64|ugetrlimit|_llseek|\w+id32)$/
const eventNames: ReadonlySet<string> = new Set(events.map(({ name }) => name))

function isGeneric({ exit, name }: SyscallInfo): boolean {
  return exit === genericExit && !unlisted.test(name) && !eventNames.has(name)
}

function textLine({ name, direction, params }: Listed): string {
  return `${direction} ${name}(${params.map(paramText).join(', ')})`
}

function paramText({ name, type, flags }: ParamInfo): string {
  const values = flags ? `: ${flags.entries.map(([flag]) => flag).join(', ')}` : ''
  return `${typeName(type)} **${name}**${values}`
}

function jsonEvent({ name, direction, params }: Listed) {
  return {
    name,
    direction,
    params: params.map((param) => ({
      name: param.name,
      type: typeName(param.type),
      ...(param.flags ? { values: param.flags.entries.map(([flag]) => flag) } : {}),
    })),
  }
}

function typeName(type: string): string {
  return type === 'DYN' ? 'DYNAMIC' : type
}
