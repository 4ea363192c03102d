import type { Fd } from '../event/fd.ts'
import type { Snapshot, ThreadSeed } from '../event/snapshot.ts'

/** What looking up a thread tells. */
export type Findings = Pick<Snapshot, 'addThread' | 'addFd'>

/** Passes on what is found, and keeps it. */
export class Finding implements Findings {
  readonly threads: ThreadSeed[] = []
  readonly fds: (readonly [tid: number, num: number, fd: Fd])[] = []

  constructor(private readonly to: Findings) {}

  addThread(seed: ThreadSeed): void {
    this.threads.push(seed)
    this.to.addThread(seed)
  }

  addFd(tid: number, num: number, fd: Fd): void {
    this.fds.push([tid, num, fd])
    this.to.addFd(tid, num, fd)
  }
}
