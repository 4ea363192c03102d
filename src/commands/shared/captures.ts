import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import type { Capture, CaptureStats } from '../../capture/capture.ts'
import type { CpuCounts, LibraryConfig, ProgramRuns } from '../../capture/library.ts'
import { type LiveCapture, openLive, prepareLive, tryLive } from '../../capture/live.ts'
import { openReplay } from '../../capture/replay.ts'
import { missingForProc } from '../../capture/rights.ts'
import type { Settings } from '../../config/keys.ts'
import type { Batch } from '../../event/event.ts'
import type { ScanRecords } from '../../event/snapshot.ts'
import type { State } from '../../state/state.ts'
import { expectedSyscalls } from './interest.ts'

export interface CaptureRequest {
  readonly settings: Settings
  /** What is to be traced, by PPM_SC code (`capture/interest.ts`). */
  readonly wanted: Uint8Array
  readonly log: Log
}

/** A source of system calls that was opened, and how it begins and ends. */
export interface OpenedCapture extends Capture {
  /** Takes the first look at what ran before, and says on the log what is captured. */
  begin(state: State): void
  /** How often each eBPF program has run; absent where there are none. */
  readonly programs?: () => readonly ProgramRuns[]
  /** What each CPU's ring has seen and had no room for; absent where there are none. */
  readonly cpus?: () => readonly CpuCounts[]
  /**
   * Makes ready to trace other system calls, where they can be chosen.
   *
   * @throws Fault where the kernel does not take what that needs.
   */
  expect(wanted: Uint8Array): void
  /** Traces these from now on, without a gap. */
  want(wanted: Uint8Array): void
  /** No new events; what is there can still be read. */
  stop(): void
  /** Of a recording: the part that was read, 0 to 1; undefined where its size is not known. */
  progress?(): number | undefined
}

const presetBytes = 1024 * 1024
const defaultSnaplen = 80

/**
 * Opens the source of system calls that `engine.kind` names.
 *
 * @throws Fault `driver-unavailable`, `capture-unreadable` where it cannot be had.
 */
export function openCapture(request: CaptureRequest, state: State): OpenedCapture {
  return openers[request.settings['engine.kind']](request, state)
}

const openers: Readonly<Record<Settings['engine.kind'], (request: CaptureRequest, state: State) => OpenedCapture>> = {
  modern_ebpf: openModernEbpf,
  replay: openRecording,
  nodriver: () => new NoCapture(),
  kmod: (request) => (require('./kmod_capture.ts') as typeof import('./kmod_capture.ts')).openKernelModule(request),
  // Whoever runs has settled that before (`engine_kind.ts`).
  auto: openModernEbpf,
}

/** Begins what takes long when a source is opened, while other work is still to be done; what goes wrong, `openCapture` tells. */
export function prepareCapture(settings: Settings): void {
  if (settings['engine.kind'] !== 'modern_ebpf') return
  try {
    prepareLive({ ...liveConfig(settings), wanted: expectedSyscalls(settings) })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
  }
}

/**
 * Lets the kernel take the eBPF programs, and unloads them again; returns why it does not take those for the first look, where it does not.
 *
 * @throws Fault `driver-unavailable`.
 */
export function tryCapture(settings: Settings): string | undefined {
  return tryLive(liveConfig(settings))
}

function liveConfig(settings: Settings): LibraryConfig {
  return {
    ringBytes: presetBytes << (settings['engine.modern_ebpf.buf_size_preset'] - 1),
    cpusPerRing: settings['engine.modern_ebpf.cpus_for_each_buffer'],
    snaplen: settings['falco_libs.snaplen'] || defaultSnaplen,
    dropFailed: settings['engine.modern_ebpf.drop_failed_exit'],
    selfPid: process.pid,
    iterates: !settings['engine.modern_ebpf.disable_iterators'],
  }
}

function openModernEbpf({ settings, wanted, log }: CaptureRequest): OpenedCapture {
  const cpusPerRing = settings['engine.modern_ebpf.cpus_for_each_buffer']
  log.info("Opening 'syscall' source with modern BPF probe.")
  log.info(cpusPerRing === 0 ? 'One ring buffer for all CPUs.' : `One ring buffer every '${cpusPerRing}' CPUs.`)
  const live = openLive({ ...liveConfig(settings), wanted })
  return {
    next: () => live.next(),
    onReadable: (wake) => live.onReadable(wake),
    stats: () => live.stats(),
    programs: () => live.programs(),
    cpus: () => live.cpus(),
    expect: (marks) => live.expect(marks),
    want: (marks) => {
      live.want(marks)
      log.info(`Capturing ${countOf(marks)} system calls`)
    },
    stop: () => live.stop(),
    close: () => live.close(),
    begin: (state) => {
      const missing = missingForProc()
      if (missing.length > 0)
        log.warning(
          `Without ${missing.join(' and ')}, alerts tell less of processes that run by now: their files, paths and environment stay hidden`,
        )
      // The probes run by now: what happens during the scan waits in the rings.
      state.scan(settings['engine.modern_ebpf.disable_iterators'] ? undefined : recordsOf(live, log))
      log.info(`Capturing ${countOf(wanted)} system calls, ${state.threads.size} threads known`)
    },
  }
}

function recordsOf(live: LiveCapture, log: Log): ScanRecords {
  return (take) => {
    const reason = live.scan(take)
    if (reason !== undefined) log.info(`The first look at processes reads /proc: ${reason}`)
    return reason === undefined
  }
}

function countOf(wanted: Uint8Array): number {
  return wanted.reduce((count, mark) => count + (mark === 0 ? 0 : 1), 0)
}

function openRecording({ settings, log }: CaptureRequest, state: State): OpenedCapture {
  const file = settings['engine.replay.capture_file']
  log.info(`Replaying events from the capture file: ${file}`)
  const replay = openReplay(file, state)
  return {
    next: () => replay.next(),
    onReadable: (wake) => replay.onReadable(wake),
    stats: () => replay.stats(),
    expect: () => undefined,
    want: () => undefined,
    stop: () => replay.close(),
    progress: () => replay.progress(),
    close: () => replay.close(),
    begin: () => undefined,
  }
}

/** No system calls at all: for sources that plugins open. */
class NoCapture implements OpenedCapture {
  private readonly empty: Batch = { bytes: Buffer.alloc(0), length: 0 }

  next(): Batch {
    return this.empty
  }

  onReadable(): void {}

  stats(): CaptureStats {
    return { seen: 0, dropped: 0, byType: new Map() }
  }

  begin(): void {}

  expect(): void {}

  want(): void {}

  stop(): void {}

  close(): void {}
}
