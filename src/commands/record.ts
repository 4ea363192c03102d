import { hostname } from 'node:os'
import { Fault } from '../base/fault.ts'
import { print } from '../base/print.ts'
import { openReplay, type Replay } from '../capture/replay.ts'
import { compileFilter, type Filter } from '../engine/filter.ts'
import type { Event } from '../event/event.ts'
import { createSyscallFields } from '../fields/index.ts'
import type { State } from '../state/state.ts'
import { type CommandInput, defineCommand } from './command.ts'
import { callOf, openContext } from './context.ts'
import type { ArgsOf, Flag } from './flags.ts'
import type { OpenedCapture } from './shared/captures.ts'
import { fileNames } from './shared/file_names.ts'
import { onSignal } from './shared/on_signal.ts'
import { Pump } from './shared/pump.ts'
import { Recorder } from './shared/recorder.ts'
import { recordingState } from './shared/state.ts'
import { openSystem, snaplenOf } from './shared/system.ts'
import { tapped } from './shared/tap.ts'
import { after, every, limitMs } from './shared/timers.ts'

const flags = [
  { name: 'file', short: 'w', long: 'write', arg: 'FILE', help: 'The recording; - is standard output.' },
  { name: 'gzip', short: 'z', long: 'compress', help: 'Compress it; so are files whose name ends in .gz.' },
  { name: 'megabytes', short: 'C', arg: 'MB', help: 'Begin a further file, with a number behind its name, after so many million bytes.' },
  { name: 'seconds', short: 'G', arg: 'SECONDS', help: 'Begin a further file after so many seconds; FILE may have marks of strftime.' },
  { name: 'events', short: 'e', arg: 'N', help: 'Begin a further file after N events.' },
  { name: 'files', short: 'W', arg: 'N', help: 'Keep the last N files of -C and -e; with -G, end after N files.' },
  { name: 'count', short: 'n', long: 'numevents', arg: 'N', help: 'Stop after N events.' },
  { name: 'duration', short: 'M', arg: 'SECONDS', help: 'Stop after so many seconds.' },
  { name: 'snaplen', short: 's', long: 'snaplen', arg: 'BYTES', help: 'Keep so many bytes of what is read and written (default 80).' },
  { name: 'input', short: 'r', long: 'read', arg: 'FILE', help: 'Take the events of this recording, not of this machine.' },
  { name: 'config', short: 'c', arg: 'PATH', help: 'Read the configuration from PATH (default /etc/falco/falco.yaml, if it is there).' },
  { name: 'option', short: 'o', long: 'option', arg: 'KEY=VALUE', repeat: true, help: 'Set a key of the configuration.' },
] as const satisfies readonly Flag[]

const details = `FILTER is a condition as in rules; its words need no quotes beyond those of the shell. Without it
all system calls are recorded. Events that the filter leaves out stay in the file where readers
need them to know processes and files: they are not shown.

The file has the format of sysdig and Falco: eyas inspect, eyas -e, sysdig -r and Falco read it.

Examples:
  eyas record -w trace.scap.gz -M 60
  eyas record -w trace.scap -C 100 -W 10 proc.name=nginx
  eyas record -w '%F-%H%M%S.scap' -G 3600 -z
  ssh host eyas record -w - evt.type=connect | eyas inspect -`

/** `eyas record`: writes this machine's events to files. */
export const recordCommand = defineCommand({
  name: 'record',
  summary: 'Record system calls to a file.',
  usage: '-w FILE [OPTION...] [FILTER]',
  flags,
  details,
  run: (input) => record(input),
})

type Args = ArgsOf<typeof flags>

interface Origin {
  readonly capture: Replay | OpenedCapture
  readonly state: State
  readonly isLive: boolean
}

async function record(input: CommandInput<typeof flags>): Promise<number> {
  const { args } = input
  if (args.file === undefined) throw new Fault('flag-invalid', 'record needs a file to write', { hint: 'write eyas record -w FILE' })
  const stopMs = limitMs(args.duration)
  const words = input.rest.join(' ').trim()
  const filter = words === '' ? undefined : filterOf(words)
  const limits = limitsOf(args)
  const { capture, state, isLive } = open(input, filter)
  const recorder = new Recorder({
    state,
    ...limits,
    isGzip: args.gzip || args.file.endsWith('.gz'),
    isFiltered: filter !== undefined,
    clockMs: () => performance.now(),
    names: fileNames({ ...namesOf(args), pattern: args.file, now: () => new Date() }),
  })
  // The file is there from the start on, and a place that cannot be written is told at once.
  if (isLive) recorder.before()
  const next = tapped(() => (recorder.isDone ? undefined : capture.next()), recorder)
  const mark = (event: Event) => {
    if (filter?.test(event) === true) recorder.mark(event.at)
  }
  const source = { next, onReadable: (wake: () => void) => capture.onReadable(wake), stats: () => capture.stats(), close: () => undefined }
  const pump = new Pump(source, { state, engine: { process: mark }, drops: { observe: () => undefined } })
  await follow(pump, recorder, { capture, state, isLive }, stopMs)
  return 0
}

const tickMs = 1000

async function follow(pump: Pump, recorder: Recorder, { capture, state, isLive }: Origin, stopMs: number): Promise<void> {
  const stop = () => {
    // What comes while the rest is taken in would be more rest.
    if ('stop' in capture) capture.stop()
    pump.stop()
  }
  let failure: unknown
  const tick = () => {
    if (isLive) state.purge(performance.now())
    try {
      recorder.flush()
    } catch (error) {
      failure = error
      stop()
    }
  }
  const forget = [onSignal(stop), after(stopMs, stop), every(tickMs, tick)]
  try {
    pump.start()
    await pump.done
  } catch (error) {
    failure ??= error
  }
  for (const undo of forget) undo()
  try {
    recorder.close()
  } catch (error) {
    failure ??= error
  }
  const { dropped } = capture.stats()
  capture.close()
  // Whoever reads from us may have seen enough.
  if (failure !== undefined && !isReaderGone(failure)) throw failure
  print(`Events recorded: ${recorder.count}${isLive ? `, lost: ${dropped}` : ''}\n`, 2)
}

function isReaderGone(error: unknown): boolean {
  return error instanceof Fault && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE'
}

function open({ args, program, words, env }: CommandInput<typeof flags>, filter: Filter<Event> | undefined): Origin {
  if (args.input !== undefined) {
    const state = recordingState()
    return { capture: openReplay(args.input, state), state, isLive: false }
  }
  const given = { option: args.option, ...(args.config === undefined ? {} : { config: args.config }) }
  const context = openContext(callOf({ program, words, env }, given), true)
  return { ...openSystem({ context, condition: filter?.condition, snaplen: snaplenOf(args.snaplen) }), isLive: true }
}

function filterOf(words: string): Filter<Event> {
  const filter = compileFilter(words, createSyscallFields({ hostname: hostname() }))
  for (const warning of filter.warnings) print(`Warning: ${warning}\n`, 2)
  return filter
}

const bytesPerMegabyte = 1_000_000
const msPerSecond = 1000

function limitsOf(args: Args) {
  const isRing = args.megabytes !== undefined || args.events !== undefined
  return {
    maxBytes: numberOf('-C', args.megabytes) * bytesPerMegabyte,
    maxMs: numberOf('-G', args.seconds) * msPerSecond,
    maxEvents: numberOf('-e', args.events),
    total: numberOf('-n', args.count),
    maxFiles: isRing ? 0 : numberOf('-W', args.files),
  }
}

function namesOf(args: Args) {
  const isRing = args.megabytes !== undefined || args.events !== undefined
  const isTimed = args.seconds !== undefined
  return { isNumbered: isRing || isTimed, isTimed, most: isRing ? numberOf('-W', args.files) : 0 }
}

/** A number from 1 on; 0 where the flag is not given. */
function numberOf(flag: string, text: string | undefined): number {
  if (text === undefined) return 0
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new Fault('flag-invalid', `${flag} takes a number from 1 on, not '${text}'`, { hint: 'see eyas record --help' })
}
