import { optimizeNormally } from '../../base/jit.ts'
import type { Capture } from '../../capture/capture.ts'
import { type Batch, Event } from '../../event/event.ts'

/**
 * What an event passes through, in this order: the state that it changes, then the rules that look at it.
 *
 * Objects, not functions: those of the rehearsal are of the same classes, so that what is compiled for it fits the real ones.
 */
export interface Stages {
  readonly state: { apply(event: Event): void }
  readonly engine: { process(event: Event): void }
  /** Told the time of each event: ns since the epoch, to about 256 ns. */
  readonly drops: { observe(approximateNs: number): void }
}

// A turn of the event loop goes to events for this long at most, so that outputs, timers and HTTP get theirs.
const turnMs = 4

/**
 * Moves events from a capture through the stages, in turns of the event loop: a batch at a time, without waiting.
 *
 * `done` resolves at the end of the source or after `stop`, and rejects with what the capture threw.
 */
export class Pump {
  readonly done: Promise<void>
  /** Events delivered so far. */
  count = 0
  private readonly capture: Capture
  private readonly stages: Stages
  private readonly event = new Event()
  private isStopped = false
  private hasFailed = false
  private isScheduled = false
  // Events of a batch that were left when it was told to wait, from `restAt` on.
  private isHeld = false
  private rest: Batch | undefined = undefined
  private restAt = 0
  private readonly resolve: () => void
  private readonly reject: (reason: unknown) => void

  constructor(capture: Capture, stages: Stages) {
    this.capture = capture
    this.stages = stages
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.done = promise
    this.resolve = resolve
    this.reject = reject
  }

  /** Whether it came to its end: by `stop`, or that of the source. */
  get isOver(): boolean {
    return this.isStopped && !this.hasFailed
  }

  /** Time of the latest event, ns since the epoch, to about 256 ns; 0 before the first. */
  get latestNs(): number {
    return this.count === 0 ? 0 : this.event.approximateTs
  }

  start(): void {
    optimizeNormally()
    this.capture.onReadable(() => this.schedule())
    this.schedule()
  }

  /** Processes no more events until `ready` resolves. */
  hold(ready: Promise<void>): void {
    if (this.isHeld || this.isStopped) return
    this.isHeld = true
    void ready.then(() => {
      this.isHeld = false
      this.schedule()
    })
  }

  /** Takes what the source still holds at this moment, then ends. */
  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    this.isHeld = false
    this.guard(() => this.drain(Number.POSITIVE_INFINITY))
    this.resolve()
  }

  private schedule(): void {
    if (this.isScheduled || this.isStopped) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      if (!this.isStopped) this.turn()
    })
  }

  private turn(): void {
    this.guard(() => {
      const end = this.drain(performance.now() + turnMs)
      if (end === 'more') return this.schedule()
      if (end === 'ended') this.finish()
    })
  }

  private drain(deadline: number): 'more' | 'empty' | 'ended' | 'held' {
    while (!this.isHeld) {
      const batch = this.rest ?? this.capture.next()
      if (batch === undefined) return 'ended'
      if (batch.length === 0) return 'empty'
      this.process(batch)
      if (performance.now() > deadline) return 'more'
    }
    return 'held'
  }

  private process(batch: Batch): void {
    const { event } = this
    const { state, engine, drops } = this.stages
    const end = batch.length
    // What is left of a batch is still attached.
    let at = batch === this.rest ? this.restAt : event.attach(batch)
    while (at < end && !this.isHeld) {
      at = event.moveTo(at)
      this.count++
      state.apply(event)
      if (!event.isStateOnly) engine.process(event)
      drops.observe(event.approximateTs)
    }
    this.rest = at < end ? batch : undefined
    this.restAt = at
  }

  private finish(): void {
    this.isStopped = true
    this.resolve()
  }

  private guard(work: () => void): void {
    try {
      work()
    } catch (cause) {
      this.isStopped = true
      this.hasFailed = true
      this.reject(cause)
    }
  }
}
