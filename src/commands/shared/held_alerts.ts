import type { Event } from '../../event/event.ts'
import type { Containers } from '../../state/containers.ts'
import { ThreadState } from '../../state/thread.ts'

// A runtime that has not answered by then leaves the alert with what is known.
const limitMs = 1500
const most = 1000

/** Alerts of containers that the runtime was just asked about: they wait for its answer, for a bounded time. */
export class HeldAlerts {
  readonly #containers: Containers
  readonly #waiting = new Set<() => void>()

  constructor(containers: Containers) {
    this.#containers = containers
  }

  /** Whether the alert of this event waits; then `emit` is called with a copy of the event when its container is known. */
  hold(event: Event, emit: (event: Event) => void): boolean {
    const { thread } = event
    if (thread === undefined || thread.containerId === '' || this.#waiting.size >= most) return false
    const { container } = thread
    if (container === undefined || this.#containers.isReady(container.fullId, container.type)) return false
    const copy = event.copy()
    // What the process is called by then is not what it was called when it did it.
    if (thread instanceof ThreadState) copy.thread = thread.snapshot()
    const go = () => {
      clearTimeout(timer)
      if (this.#waiting.delete(go)) emit(copy)
    }
    this.#waiting.add(go)
    const timer = setTimeout(go, limitMs)
    this.#containers.onReady(container.fullId, go)
    return true
  }

  /** Lets all go as they are. */
  flush(): void {
    for (const go of [...this.#waiting]) go()
  }
}
