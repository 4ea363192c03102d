import type { FdState } from './fd.ts'
import type { ThreadState } from './thread.ts'

/** What a thread takes beside its texts, about, and the place of a descriptor in a table. */
export const threadBytes = 1024
export const slotBytes = 16
// A descriptor, and the socket that it stands for.
const fdBytes = 160
const socketBytes = 320

// When it is found full, it is counted again after this part of the limit has come: what ended meanwhile may have made room.
const recountShare = 1 / 8

/** How much the state holds, about. What comes is added up, and what is there counted anew only when that may be too much. */
export class Memory {
  /** Whether the limit is reached: what is not known yet stays so. */
  isFull = false
  private expected = 0

  constructor(
    private readonly limit: number,
    private readonly count: () => number,
  ) {}

  /** So many bytes more may be kept. */
  note(bytes: number): void {
    this.expected += bytes
    if (this.expected > this.limit) this.recount()
  }

  private recount(): void {
    const held = this.count()
    const enough = this.limit * (1 - recountShare)
    this.isFull = held > enough
    this.expected = this.isFull ? enough : held
  }
}

/** What several may share, and what was weighed last with number `weighedIn`. */
interface Shared {
  weighedIn: number
}

let lastWeighing = 0

/** What threads take with all that they hold; what several share counts once. */
export function weigh(threads: Iterable<ThreadState>): number {
  lastWeighing++
  let total = 0
  for (const thread of threads) {
    const { image, cgroupTexts, fds } = thread
    total += threadBytes + lengthOf(thread.ownCwd) + lengthOf(thread.ownComm) + thread.root.length
    total += lengthOf(thread.execPath) + lengthOf(thread.asked)
    if (isNew(image)) total += image.bytes
    if (isNew(cgroupTexts)) total += cgroupTexts.text.length
    if (isNew(fds)) total += fds.places * slotBytes + fds.sum(weighFd)
  }
  return total
}

/** What a descriptor takes beside its texts. */
export function bytesOf(fd: FdState): number {
  return fd.socket === undefined ? fdBytes : fdBytes + socketBytes
}

function weighFd(fd: FdState): number {
  return isNew(fd) ? bytesOf(fd) + fd.textLength : 0
}

function isNew(part: Shared): boolean {
  if (part.weighedIn === lastWeighing) return false
  part.weighedIn = lastWeighing
  return true
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length
}
