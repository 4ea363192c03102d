import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { openReplay } from '../capture/replay.ts'
import { locate } from '../condition/fault.ts'
import { compileFilter } from '../engine/filter.ts'
import { type Format, FormatFault, parseFormat, renderLine } from '../engine/format.ts'
import { jsonRenderer } from '../engine/json.ts'
import type { Event } from '../event/event.ts'
import type { OutputTime } from '../fields/field.ts'
import { createSyscallFields, type EventCatalogue } from '../fields/index.ts'
import { LinePrinter } from '../inspect/line.ts'
import { lineTemplate } from '../inspect/template.ts'
import { defineCommand } from './command.ts'
import type { ArgsOf, Flag } from './flags.ts'
import { printEvents } from './shared/print_events.ts'
import { recordingState } from './shared/state.ts'

const flags = [
  {
    name: 'print',
    short: 'p',
    long: 'print',
    arg: 'FORMAT',
    help: 'Print FORMAT for each event, made of %fields, \\n and \\t; with * in front also where a field has no value. c and k are the usual line with container and pod.',
  },
  { name: 'count', short: 'n', long: 'numevents', arg: 'N', help: 'Stop after N events that the filter lets pass.' },
  { name: 'json', short: 'j', long: 'json', help: 'Print each event as a JSON object with the fields of the format.' },
  {
    name: 'time',
    short: 't',
    long: 'timetype',
    arg: 'TYPE',
    help: 'What %evt.outputtime is: h local time (default), a seconds since 1970, r since the first event, D since the event before.',
  },
  { name: 'base64', short: 'b', long: 'print-base64', help: 'Print data that was read or written in base64.' },
  { name: 'file', short: 'r', long: 'read', arg: 'FILE', help: 'The recording, where it is not the first word.' },
  { name: 'afterState', short: 'd', long: 'displayflt', help: 'Has no effect: a filter never keeps events from the state.' },
] as const satisfies readonly Flag[]

// Flags of sysdig that may be typed from habit.
const missing = [
  { names: ['-w', '--write', '-z', '--compress', '-C', '-G', '-W', '-s', '--snaplen', '-F'], hint: 'recording is not there yet' },
  { names: ['-c', '--chisel', '-cl', '-i', '--list-chisels'], hint: 'chisels are not there yet' },
  { names: ['-l', '--list', '-L', '--list-events'], hint: 'eyas --list shows the fields, eyas --list-events the events' },
  { names: ['-P', '--progress'], hint: 'progress shows by itself where standard error is a terminal and standard output is not' },
  { names: ['-A', '-x', '-X', '-S', '-v', '-q', '-M', '-U', '-R', '-D', '-E'], hint: 'this flag of sysdig is not there yet' },
]

const details = `FILE is a recording of Falco or sysdig, plain or compressed; - reads it from standard input.
FILTER is a condition as in rules; its words need no quotes beyond those of the shell. Without it
all events are printed, each as

  %evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info

Examples:
  eyas inspect trace.scap
  eyas inspect trace.scap evt.type=connect and fd.sport=443
  eyas inspect trace.scap -p '%evt.time %proc.cmdline %fd.name' "evt.type in (open, openat)"
  eyas inspect trace.scap --json -n 10 evt.failed=true

eyas --list shows all fields.`

/** `eyas inspect`: prints the events of a recording, as `sysdig -r` does. */
export const inspectCommand = defineCommand({
  name: 'inspect',
  summary: 'Print the events of a recording.',
  usage: '[OPTION...] FILE [FILTER]',
  flags,
  missing,
  details,
  run: ({ args, rest }) => {
    const { file, filter } = wordsOf(args.file, rest)
    const catalogue = createSyscallFields({
      hostname: hostname(),
      bufferFormat: args.base64 ? 'base64' : 'text',
      outputTime: outputTimeOf(args.time),
    })
    const limit = limitOf(args.count)
    const format = lineFormat(args, catalogue)
    const test = filter === '' ? undefined : testOf(filter, catalogue)
    const state = recordingState()
    const replay = openReplay(file, state)
    return printEvents({
      replay,
      state,
      encoding: args.json ? 'utf8' : 'latin1',
      printer: (write) => new LinePrinter({ filter: test, format, write, limit }),
    })
  },
})

type Args = ArgsOf<typeof flags>

function wordsOf(read: string | undefined, rest: readonly string[]): { readonly file: string; readonly filter: string } {
  const [first, ...others] = rest
  if (read !== undefined) return { file: read, filter: rest.join(' ').trim() }
  if (first !== undefined && looksLikeFilter(first))
    throw new Fault('flag-invalid', `there is no recording '${first}'`, { hint: `the recording comes first: eyas inspect FILE ${first}` })
  if (first !== undefined) return { file: first, filter: others.join(' ').trim() }
  throw new Fault('flag-invalid', 'inspect needs a recording: live system calls cannot be inspected yet', {
    hint: 'write eyas inspect FILE; see eyas inspect --help',
  })
}

function looksLikeFilter(word: string): boolean {
  return /[=<>()]|^\w+\.\w+ |^not$/.test(word) && !existsSync(word)
}

const outputTimes: Readonly<Record<string, OutputTime>> = { h: 'clock', a: 'epoch', r: 'relative', D: 'delta' }

function outputTimeOf(type = 'h'): OutputTime {
  const known = outputTimes[type]
  if (known !== undefined) return known
  const hint =
    type === 'd'
      ? 'the time that a system call took is not known: recordings are read as events of its end only'
      : `choose one of ${Object.keys(outputTimes).join(', ')}`
  throw new Fault('flag-invalid', `-t does not know the type of time '${type}'`, { hint })
}

function limitOf(count: string | undefined): number | undefined {
  if (count === undefined) return undefined
  if (/^\d+$/.test(count) && Number(count) > 0) return Number(count)
  throw new Fault('flag-invalid', `-n takes a number of events from 1 on, not '${count}'`, { hint: 'leave -n out to print all events' })
}

/** Makes the line of an event; undefined where a field has no value and the format wants all of them. */
function lineFormat({ print: asked, json }: Args, catalogue: EventCatalogue): (event: Event) => string | undefined {
  const format = readFormat(lineTemplate(asked), catalogue)
  return json ? jsonRenderer(format) : (event) => renderLine(format, event)
}

function readFormat(text: string, catalogue: EventCatalogue): Format<Event> {
  if (text === '') throw new Fault('format-invalid', 'the format is empty', { hint: "write -p '%evt.num %proc.name'" })
  try {
    return parseFormat(text, catalogue)
  } catch (error) {
    if (!(error instanceof FormatFault)) throw error
    const place = { file: 'format', ...locate(text, error.start) }
    throw new Fault('format-invalid', error.message, { place, hint: error.hint, cause: error })
  }
}

function testOf(filter: string, catalogue: EventCatalogue): (event: Event) => boolean {
  const { test, warnings } = compileFilter(filter, catalogue)
  for (const warning of warnings) print(`Warning: ${warning}\n`, 2)
  return test
}
