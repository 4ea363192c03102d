import { managerClockUs, notifyManager } from '../../capture/notify.ts'
import type { Environment } from '../context.ts'
import { every } from './timers.ts'

const usPerMs = 1000
// The manager ends what was silent for the whole time: two signs of life may be late.
const signsOfLife = 3

/** What started this program and wants to know how it is: systemd, for a unit with `Type=notify`. Nothing where there is none. */
export class Manager {
  readonly #socket: string | undefined
  readonly #watchdogMs: number
  #stop: () => void = () => undefined

  constructor(env: Environment) {
    this.#socket = env.NOTIFY_SOCKET || undefined
    const isForUs = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid)
    this.#watchdogMs = isForUs ? Number(env.WATCHDOG_USEC ?? 0) / usPerMs : 0
    // Programs that alerts go to must not speak for this one.
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_PID', 'WATCHDOG_USEC']) delete process.env[name]
  }

  /** It works. From now on it shows signs of life, as long as `isAlive`. */
  ready(status: string, isAlive: () => boolean): void {
    this.#tell('READY=1', `STATUS=${status}`)
    if (this.#socket === undefined || !(this.#watchdogMs > 0)) return
    this.#stop = every(this.#watchdogMs / signsOfLife, () => {
      if (isAlive()) this.#tell('WATCHDOG=1')
    })
  }

  reloading(): void {
    if (this.#socket !== undefined) this.#tell('RELOADING=1', `MONOTONIC_USEC=${managerClockUs()}`)
  }

  reloaded(status: string): void {
    this.#tell('READY=1', `STATUS=${status}`)
  }

  stopping(): void {
    this.#stop()
    this.#tell('STOPPING=1')
  }

  #tell(...lines: readonly string[]): void {
    if (this.#socket !== undefined) notifyManager(this.#socket, lines)
  }
}
