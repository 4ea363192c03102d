import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { openReplay } from '../capture/replay.ts'
import { locate } from '../condition/fault.ts'
import { compileFilter, type Filter } from '../engine/filter.ts'
import { type Format, FormatFault, parseFormat, renderLine } from '../engine/format.ts'
import { jsonRenderer } from '../engine/json.ts'
import type { Event } from '../event/event.ts'
import type { OutputTime } from '../fields/field.ts'
import { createSyscallFields, type EventCatalogue } from '../fields/index.ts'
import { LinePrinter } from '../inspect/line.ts'
import { lineTemplate } from '../inspect/template.ts'
import { type CommandInput, defineCommand } from './command.ts'
import { callOf, openContext } from './context.ts'
import type { ArgsOf, Flag } from './flags.ts'
import { printEvents } from './shared/print_events.ts'
import { recordingState } from './shared/state.ts'
import { openSystem, snaplenOf } from './shared/system.ts'
import { limitMs } from './shared/timers.ts'

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
  { name: 'duration', short: 'M', arg: 'SECONDS', help: 'Stop after so many seconds; for what happens now.' },
  { name: 'snaplen', short: 's', long: 'snaplen', arg: 'BYTES', help: 'Keep so many bytes of what is read and written now (default 80).' },
  { name: 'config', long: 'config', arg: 'PATH', help: 'Read the configuration from PATH; for what happens now.' },
  { name: 'option', short: 'o', long: 'option', arg: 'KEY=VALUE', repeat: true, help: 'Set a key of the configuration.' },
  { name: 'afterState', short: 'd', long: 'displayflt', help: 'Has no effect: a filter never keeps events from the state.' },
] as const satisfies readonly Flag[]

// Flags of sysdig that may be typed from habit.
const missing = [
  { names: ['-w', '--write', '-z', '--compress', '-C', '-G', '-W', '-F'], hint: 'eyas record -w FILE records' },
  { names: ['-c', '--chisel', '-cl', '-i', '--list-chisels'], hint: 'chisels are not there yet' },
  { names: ['-l', '--list', '-L', '--list-events'], hint: 'eyas --list shows the fields, eyas --list-events the events' },
  { names: ['-P', '--progress'], hint: 'progress shows by itself where standard error is a terminal and standard output is not' },
  { names: ['-A', '-x', '-X', '-S', '-v', '-q', '-U', '-R', '-D', '-E'], hint: 'this flag of sysdig is not there yet' },
]

const details = `FILE is a recording of Falco or sysdig, plain or compressed; - reads it from standard input. Without
FILE, what happens on this machine now is printed, which takes the rights of root.
FILTER is a condition as in rules; its words need no quotes beyond those of the shell. Without it
all events are printed, each as

  %evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info

Examples:
  eyas inspect trace.scap
  eyas inspect evt.type=execve
  eyas inspect trace.scap evt.type=connect and fd.sport=443
  eyas inspect trace.scap -p '%evt.time %proc.cmdline %fd.name' "evt.type in (open, openat)"
  eyas inspect trace.scap --json -n 10 evt.failed=true

eyas --list shows all fields.`

/** `eyas inspect`: prints the events of a recording, as `sysdig -r` does, or of this machine. */
export const inspectCommand = defineCommand({
  name: 'inspect',
  summary: 'Print the events of a recording, or of this machine.',
  usage: '[OPTION...] [FILE] [FILTER]',
  flags,
  missing,
  details,
  run: (input) => {
    const { args, rest } = input
    const { file, filter } = wordsOf(args.file, rest)
    const catalogue = createSyscallFields({
      hostname: hostname(),
      bufferFormat: args.base64 ? 'base64' : 'text',
      outputTime: outputTimeOf(args.time),
    })
    const limit = limitOf(args.count)
    const format = lineFormat(args, catalogue)
    const wanted = filter === '' ? undefined : filterOf(filter, catalogue)
    const test = wanted?.test
    const stopMs = limitMs(args.duration)
    return printEvents({
      ...(file === undefined ? openLive(input, wanted) : openRecording(file)),
      stopMs,
      encoding: args.json ? 'utf8' : 'latin1',
      printer: (write) => new LinePrinter({ filter: test, format, write, limit }),
    })
  },
})

type Args = ArgsOf<typeof flags>

/** What to look at: the recording, and the words of a filter. Without a recording, it is this machine. */
function wordsOf(read: string | undefined, rest: readonly string[]): { readonly file: string | undefined; readonly filter: string } {
  const [first, ...others] = rest
  if (read !== undefined || first === undefined || looksLikeFilter(first)) return { file: read, filter: rest.join(' ').trim() }
  return { file: first, filter: others.join(' ').trim() }
}

function openRecording(file: string) {
  const state = recordingState()
  return { capture: openReplay(file, state), state }
}

function openLive({ args, program, words, env }: CommandInput<typeof flags>, filter: Filter<Event> | undefined) {
  const given = { option: args.option, ...(args.config === undefined ? {} : { config: args.config }) }
  const context = openContext(callOf({ program, words, env }, given), true)
  return openSystem({ context, condition: filter?.condition, snaplen: snaplenOf(args.snaplen) })
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

function filterOf(text: string, catalogue: EventCatalogue): Filter<Event> {
  const filter = compileFilter(text, catalogue)
  for (const warning of filter.warnings) print(`Warning: ${warning}\n`, 2)
  return filter
}
