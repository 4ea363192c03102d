import { Fault } from '../base/fault.ts'
import type { Batch } from '../event/event.ts'
import type { Capture, CaptureStats } from './capture.ts'
import { eventMarks, tracepointBits } from './kmod_marks.ts'
import { kernelModule, type LibraryConfig } from './library.ts'
import { RecordBatch } from './scap_batch.ts'
import { EventReader } from './scap_events.ts'
import { type EventBlock, eventBlocks } from './scap_format.ts'

export interface KmodOptions extends LibraryConfig {
  /** Of the module, and of its devices: falco, scap. */
  readonly name: string
  /** What is wanted of each system call, by PPM_SC code: 1 rules, 2 state. */
  readonly wanted: Uint8Array
}

export interface KmodCapture extends Capture {
  /** Changes what is wanted, without a gap in what is captured; begins to capture. */
  want(wanted: Uint8Array): void
  /** Stops the module; `next` still gives what the rings hold, then undefined. */
  stop(): void
  /** Versions and sizes, as the module tells them. */
  facts(): Readonly<Record<string, string>>
  /** Why events could not be read, each reason once. */
  readonly problems: readonly string[]
}

// Larger than any event with room for a good many.
const rawBytes = 1024 * 1024
// The rings of the module wake nobody. They hold 8 MiB each, so that there is time.
const lookMs = 10
const blockType = 0x217

/**
 * Captures this machine's system calls through the kernel module.
 *
 * @throws Fault `driver-unavailable` where it is not loaded, not of a version that is known, or busy.
 */
export function openKmod(options: KmodOptions): KmodCapture {
  kernelModule.open(options.name, options)
  try {
    const capture = new Kmod()
    capture.want(options.wanted)
    return capture
  } catch (error) {
    kernelModule.close()
    throw error
  }
}

/** What the module of this name tells of itself; undefined where it cannot be asked. */
export function kmodFacts(name: string): Readonly<Record<string, string>> | undefined {
  try {
    kernelModule.open(name, { ringBytes: 8 << 20, cpusPerRing: 1, snaplen: 80, dropFailed: false, selfPid: 0 })
  } catch (error) {
    if (error instanceof Fault) return undefined
    throw error
  }
  const facts = kernelModule.facts()
  kernelModule.close()
  return facts
}

class Kmod implements KmodCapture {
  readonly #raw = Buffer.allocUnsafeSlow(rawBytes)
  readonly #source = { bytes: this.#raw, view: new DataView(this.#raw.buffer, this.#raw.byteOffset, rawBytes), at: 0 }
  readonly #layout: EventBlock = eventBlocks.get(blockType) as EventBlock
  readonly #events = new EventReader()
  readonly #batch = new RecordBatch()
  readonly #damagedCodes = new Set<string>()
  #end = 0
  #unreadable = 0
  #state: 'running' | 'stopped' | 'closed' = 'running'
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    // All that comes happened just now: nothing of it is only the state's.
    this.#events.isInPreface = false
  }

  next(): Batch | undefined {
    if (this.#state === 'closed') return undefined
    this.#batch.clear()
    do {
      if (this.#source.at >= this.#end) this.#refill()
      this.#convert()
      // A whole batch of enter events gives no event.
    } while (this.#batch.length === 0 && this.#end > 0)
    return this.#state === 'stopped' && this.#batch.length === 0 ? undefined : this.#batch
  }

  onReadable(wake: () => void): void {
    clearInterval(this.#timer)
    this.#timer = setInterval(wake, lookMs)
  }

  want(wanted: Uint8Array): void {
    kernelModule.want(eventMarks(wanted), wanted)
    kernelModule.start(tracepointBits(wanted))
  }

  stats(): CaptureStats {
    const { dropped } = kernelModule.stats()
    return { seen: this.#events.num + dropped + this.#unreadable, dropped: dropped + this.#unreadable, byType: new Map() }
  }

  facts(): Readonly<Record<string, string>> {
    return kernelModule.facts()
  }

  stop(): void {
    if (this.#state !== 'running') return
    kernelModule.stop()
    this.#state = 'stopped'
  }

  close(): void {
    if (this.#state === 'closed') return
    clearInterval(this.#timer)
    kernelModule.close()
    this.#state = 'closed'
  }

  #refill(): void {
    this.#source.at = 0
    this.#end = kernelModule.poll(this.#raw)
  }

  #convert(): void {
    const source = this.#source
    while (source.at < this.#end && !this.#batch.isFull) {
      const length = source.view.getUint32(source.at + 4, true)
      try {
        this.#events.read(source, length, this.#layout, this.#batch)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        // Of another version than it says: one event of the many, which is counted as lost.
        this.#unreadable++
        this.#damagedCodes.add(error.message)
      }
      source.at += length
    }
  }

  get problems(): readonly string[] {
    return [...this.#damagedCodes]
  }
}
