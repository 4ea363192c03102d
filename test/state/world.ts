import { type EventSpec, encodeRecord } from '../../src/event/encode.ts'
import { Event } from '../../src/event/event.ts'
import type { ThreadSeed } from '../../src/event/snapshot.ts'
import { codeOf } from '../../src/schema/event.ts'
import { ListedContainers } from '../../src/state/listed_containers.ts'
import { State, type StateOptions } from '../../src/state/state.ts'
import { ListedUsers } from '../../src/state/users.ts'

/** A state with what tests need to feed it, as a recording would. */
export class World {
  readonly state: State
  readonly event = new Event()
  private ts: bigint

  /** `startTs`: time before the first event, ns since the epoch. */
  constructor(tableSize?: number, { startTs = 1_700_000_000_000_000_000n, ...more }: Partial<StateOptions> & { startTs?: bigint } = {}) {
    this.ts = startTs
    const options = { source: 'replay', users: new ListedUsers(), containers: new ListedContainers() } as const
    this.state = new State({ ...options, ...(tableSize === undefined ? {} : { tableSize }), ...more })
  }

  /** Time of the latest event. */
  get nowTs(): bigint {
    return this.ts
  }

  /** Applies one event and returns it. */
  on(id: string, tid: number, ...params: EventSpec['params']): Event {
    this.ts += 1_000_000n
    const bytes = encodeRecord({ code: codeOf(id), tid, ts: this.ts, params })
    this.event.attach({ bytes, length: bytes.length })
    this.event.moveTo(0)
    this.state.apply(this.event)
    return this.event
  }

  clone(tid: number, child: number, flags = 0, details: { readonly vtid?: number } = {}): Event {
    return this.on('SYSCALL_CLONE_20_X', tid, child, ...cloneParams(tid, tid, 0), flags, 0, 0, details.vtid ?? tid, details.vtid ?? tid, 0)
  }

  /** The child's own telling of a clone. */
  cloned(tid: number, pid: number, ptid: number, flags = 0): Event {
    return this.on('SYSCALL_CLONE_20_X', tid, 0, ...cloneParams(tid, pid, ptid), flags, 0, 0, tid, pid, 0)
  }

  exec(tid: number, ptid: number, exepath: string, args: readonly string[] = [], cgroups: readonly string[] = []): Event {
    const comm = exepath.slice(exepath.lastIndexOf('/') + 1)
    const counters = [0, 0, 0, 0, 0] as const
    const head = [exepath, args, tid, tid, ptid, '/work/', 1024, ...counters, comm, cgroups, ['HOME=/root'], 34816, tid, 1000, 0] as const
    return this.on('SYSCALL_EXECVE_19_X', tid, 0, ...head, 0, 0, 1, 77, 1n, 2n, 0, exepath, tid, 0, exepath)
  }

  exit(tid: number, reaper: number): Event {
    return this.on('PROCEXIT_1_E', tid, 0, 0, 0, 0, reaper)
  }

  openat(tid: number, num: number, name: string, flags = 1, dirfd = -100): Event {
    return this.on('SYSCALL_OPENAT_2_X', tid, num, dirfd, name, flags, 0, 8, 42)
  }

  names(tid: number): Record<number, string> {
    return Object.fromEntries([...(this.state.find(tid)?.fds ?? [])].map(([num, fd]) => [num, fd.name]))
  }
}

export function seedOf(tid: number, more: Partial<ThreadSeed> = {}): ThreadSeed {
  return {
    tid,
    pid: tid,
    ptid: 0,
    vtid: tid,
    vpid: tid,
    sid: tid,
    vpgid: tid,
    pgid: tid,
    comm: `comm-${tid}`,
    exe: `exe-${tid}`,
    exepath: `/bin/exe-${tid}`,
    args: [],
    env: [],
    cwd: '/root',
    root: '/',
    tty: 0,
    uid: 0,
    gid: 0,
    loginuid: 4_294_967_295,
    capInheritable: 0n,
    capPermitted: 0n,
    capEffective: 0n,
    cgroups: [],
    flags: 0,
    isExeWritable: false,
    isExeUpperLayer: false,
    isExeLowerLayer: false,
    isExeFromMemfd: false,
    exeIno: 0,
    exeCtime: 0n,
    exeMtime: 0n,
    pidnsInitStartTs: 0n,
    fdLimit: 1024,
    vmSizeKb: 0,
    vmRssKb: 0,
    vmSwapKb: 0,
    pfMajor: 0,
    pfMinor: 0,
    ...more,
  }
}

function cloneParams(tid: number, pid: number, ptid: number) {
  return [undefined, undefined, tid, pid, ptid, undefined, 1024, 0, 0, 0, 0, 0, undefined, undefined] as const
}
