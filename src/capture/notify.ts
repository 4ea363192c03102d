import * as library from './library.ts'

/** Tells the service manager (sd_notify(3)): `socket` is its NOTIFY_SOCKET, `lines` are assignments such as READY=1. */
export function notifyManager(socket: string, lines: readonly string[]): boolean {
  return library.notify(socket, Buffer.from(lines.join('\n'))) === 0
}

/** The clock that the service manager compares with, CLOCK_MONOTONIC in microseconds. */
export function managerClockUs(): number {
  return library.clockUs()
}
