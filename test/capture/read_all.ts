import type { Capture } from '../../src/capture/capture.ts'
import { openReplay } from '../../src/capture/replay.ts'
import { Event, recordStateOnly } from '../../src/event/event.ts'
import type { Fd } from '../../src/event/fd.ts'
import type { InterfaceAddress, Machine, Snapshot, ThreadSeed } from '../../src/event/snapshot.ts'
import type { Group, User } from '../../src/event/thread.ts'
import { kindName } from '../../src/schema/event.ts'

/** A snapshot that keeps all that it is told. */
export class Told implements Snapshot {
  resets = 0
  machines: Machine[] = []
  addresses: InterfaceAddress[] = []
  users: User[] = []
  groups: Group[] = []
  threads: ThreadSeed[] = []
  fds: (readonly [tid: number, num: number, fd: Fd])[] = []

  reset(): void {
    this.resets++
  }
  setMachine(machine: Machine): void {
    this.machines.push(machine)
  }
  addAddress(address: InterfaceAddress): void {
    this.addresses.push(address)
  }
  addUser(user: User): void {
    this.users.push(user)
  }
  addGroup(group: Group): void {
    this.groups.push(group)
  }
  addThread(seed: ThreadSeed): void {
    this.threads.push(seed)
  }
  addFd(tid: number, num: number, fd: Fd): void {
    this.fds.push([tid, num, fd])
  }
}

export interface Outcome {
  readonly told: Told
  readonly lines: readonly string[]
  /** What the capture threw, as users see it without the file. */
  readonly fault: string | undefined
}

/** Replays a file to its end and shows each event as `num tid type params`, `S` before state-only ones. */
export async function readAll(file: string): Promise<Outcome> {
  const told = new Told()
  const lines: string[] = []
  try {
    await drain(openReplay(file, told), (event) => lines.push(lineOf(event)))
    return { told, lines, fault: undefined }
  } catch (cause) {
    return { told, lines, fault: cause instanceof Error ? cause.message : String(cause) }
  }
}

/** Hands each event of a capture to `on`; resolves at its end, rejects with what it throws. */
export function drain(capture: Capture, on: (event: Event) => void): Promise<void> {
  const event = new Event()
  return new Promise((resolve, reject) => {
    const turn = () => {
      try {
        for (let batch = capture.next(); ; batch = capture.next()) {
          if (batch === undefined) return resolve()
          if (batch.length === 0) return
          for (let at = event.attach(batch); at < batch.length; ) {
            at = event.moveTo(at)
            on(event)
          }
        }
      } catch (cause) {
        reject(cause)
      }
    }
    capture.onReadable(() => setImmediate(turn))
    turn()
  })
}

function lineOf(event: Event): string {
  const params = Array.from({ length: event.paramCount }, (_, index) => Buffer.from(event.raw(index), 'latin1').toString('hex') || '-')
  const stateOnly = (event.view.getUint16(event.at + 6, true) & recordStateOnly) !== 0 ? 'S' : ''
  return `${stateOnly}${event.num} ${event.tid} ${kindName(event.kind)} ${params.join(' ')}`
}
