import type { Fds } from './fds.ts'
import { type Memory, threadBytes } from './memory.ts'
import { ThreadState, type World } from './thread.ts'

/** Counters of the table, as the metrics show them. */
export interface ThreadStats {
  added: number
  removed: number
  /** Threads that were not taken in because the table was full. */
  refused: number
}

/** All threads that are known, by number; never more than `capacity`. */
export class Threads {
  readonly stats: ThreadStats = { added: 0, removed: 0, refused: 0 }
  private readonly table = new Map<number, ThreadState>()
  private lastTid = -1
  private last: ThreadState | undefined = undefined

  constructor(
    private readonly capacity: number,
    private readonly memory: Memory,
  ) {}

  get size(): number {
    return this.table.size
  }

  get(tid: number): ThreadState | undefined {
    if (tid === this.lastTid) return this.last
    const thread = this.table.get(tid)
    if (thread !== undefined) {
      this.lastTid = tid
      this.last = thread
    }
    return thread
  }

  values(): IterableIterator<ThreadState> {
    return this.table.values()
  }

  /** A new thread in the table, in place of one that had its number; outside of it if the table is full. */
  add(tid: number, pid: number, world: World, fds?: Fds): ThreadState {
    const stale = this.table.get(tid)
    if (stale !== undefined) this.drop(stale)
    const thread = new ThreadState(tid, pid, world, fds)
    this.memory.note(threadBytes)
    if (this.table.size >= this.capacity || this.memory.isFull) {
      this.stats.refused++
      return thread
    }
    this.table.set(tid, thread)
    this.lastTid = tid
    this.last = thread
    this.stats.added++
    return thread
  }

  /** Joins a thread that is not a main thread to the group of `main`. */
  join(thread: ThreadState, main: ThreadState): void {
    if (thread === main || thread.main === main) return
    thread.main = main
    main.others++
  }

  /** Makes `thread` a child of `parent`. */
  adopt(parent: ThreadState, thread: ThreadState): void {
    leave(thread)
    thread.listedParent = parent
    const first = parent.firstChild
    thread.nextSibling = first
    if (first) first.previousSibling = thread
    parent.firstChild = thread
  }

  /** Counts a thread as ended, though it is still in the table. */
  markDead(thread: ThreadState): void {
    if (thread.isDead) return
    thread.isDead = true
    const { main } = thread
    if (thread !== main && main.others > 0) main.others--
  }

  /**
   * Takes out a thread that ended; its children go to `reaper` (a number; the thread need not be known).
   *
   * A main thread stays, as dead, until the last thread of its group ends.
   */
  end(thread: ThreadState, reaper: number): void {
    this.orphan(thread, reaper)
    this.markDead(thread)
    const { main } = thread
    if (thread === main && thread.others > 0) return
    this.drop(thread)
    if (thread !== main && main.isDead && main.others <= 0) this.drop(main)
  }

  /** Takes out a thread without any say on its children. */
  drop(thread: ThreadState): void {
    if (this.lastTid === thread.tid) this.forgetLast()
    if (this.table.get(thread.tid) !== thread) return
    this.table.delete(thread.tid)
    this.stats.removed++
    leave(thread)
    for (let child = thread.firstChild; child !== undefined; child = thread.firstChild) leave(child)
    this.markDead(thread)
  }

  clear(): void {
    this.table.clear()
    this.forgetLast()
  }

  private forgetLast(): void {
    this.lastTid = -1
    this.last = undefined
  }

  private orphan(thread: ThreadState, reaper: number): void {
    if (thread.firstChild === undefined) return
    const heir = reaper > 0 ? this.table.get(reaper) : undefined
    for (let child = thread.firstChild; child !== undefined; child = thread.firstChild) {
      leave(child)
      child.ptid = reaper
      if (heir !== undefined && heir !== thread) this.adopt(heir, child)
    }
  }
}

function leave(thread: ThreadState): void {
  const { listedParent, previousSibling: previous, nextSibling: next } = thread
  if (listedParent === undefined) return
  if (previous) previous.nextSibling = next
  else listedParent.firstChild = next
  if (next) next.previousSibling = previous
  thread.listedParent = undefined
  thread.previousSibling = undefined
  thread.nextSibling = undefined
}
