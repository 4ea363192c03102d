import { Fault } from '../base/fault.ts'
import type { Batch } from '../event/event.ts'
import type { Capture, CaptureStats } from './capture.ts'
import { interestLength } from './interest.ts'
import * as library from './library.ts'

export interface LiveOptions extends library.LibraryConfig {
  /** What is wanted of each system call, by PPM_SC code: 1 rules, 2 state. */
  readonly wanted: Uint8Array
}

export interface LiveCapture extends Capture {
  /** Loads the programs that are missing for what will be wanted. */
  expect(wanted: Uint8Array): void
  /** Changes what is wanted, without a gap in what is captured. */
  want(wanted: Uint8Array): void
  /** Hands over what iterators tell of the tasks and files that there are, once; returns why they do not, where they do not. */
  scan(take: (records: Buffer) => void): string | undefined
  /** How often each eBPF program has run, where the kernel counts that. */
  programs(): readonly library.ProgramRuns[]
  /** What each CPU's ring has seen and had no room for. */
  cpus(): readonly library.CpuCounts[]
  /** Detaches the programs; `next` still gives what the rings hold, then undefined. */
  stop(): void
}

// Larger than any record, and small enough to stay in a processor's cache while it is read.
const batchBytes = 512 * 1024

/** Begins to load the programs, which takes a while, for what will most likely be wanted. */
export function prepareLive(options: LiveOptions): void {
  library.prepare(options, options.wanted)
}

/**
 * Loads all programs and unloads them; of them, only the iterators run. Returns why these do not, where they do not.
 *
 * @throws Fault `driver-unavailable`.
 */
export function tryLive(config: library.LibraryConfig): string | undefined {
  try {
    library.open(config, new Uint8Array(interestLength).fill(1))
    return iterate(Buffer.alloc(batchBytes), () => undefined)
  } finally {
    library.close()
  }
}

/**
 * Captures this machine's system calls.
 *
 * @throws Fault `driver-unavailable` where the kernel or the rights do not allow it.
 */
export function openLive(options: LiveOptions): LiveCapture {
  library.open(options, options.wanted)
  try {
    library.want(options.wanted)
    library.start()
  } catch (error) {
    library.close()
    throw error
  }
  return new Live()
}

class Live implements LiveCapture {
  readonly #batch = { bytes: Buffer.alloc(batchBytes), length: 0 }
  #state: 'running' | 'stopped' | 'closed' = 'running'

  next(): Batch | undefined {
    if (this.#state === 'closed') return undefined
    this.#batch.length = library.poll(this.#batch.bytes)
    return this.#state === 'stopped' && this.#batch.length === 0 ? undefined : this.#batch
  }

  onReadable(wake: () => void): void {
    library.watch(wake)
  }

  expect(wanted: Uint8Array): void {
    library.expect(wanted)
  }

  want(wanted: Uint8Array): void {
    library.want(wanted)
  }

  scan(take: (records: Buffer) => void): string | undefined {
    // Not used for anything before the first events are read.
    return iterate(this.#batch.bytes, take)
  }

  stats(): CaptureStats {
    const { seen, dropped } = library.stats()
    const byType = new Map<number, { seen: number; dropped: number }>()
    seen.forEach((count, code) => {
      if (count > 0) byType.set(code, { seen: count, dropped: dropped[code] ?? 0 })
    })
    return { seen: sum(seen), dropped: sum(dropped), byType }
  }

  programs(): readonly library.ProgramRuns[] {
    return library.programs()
  }

  cpus(): readonly library.CpuCounts[] {
    return library.cpus()
  }

  stop(): void {
    if (this.#state !== 'running') return
    library.stop()
    this.#state = 'stopped'
  }

  close(): void {
    if (this.#state === 'closed') return
    library.close()
    this.#state = 'closed'
  }
}

function iterate(batch: Buffer, take: (records: Buffer) => void): string | undefined {
  try {
    for (let length = library.scan(batch); length > 0; length = library.scan(batch)) take(batch.subarray(0, length))
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
