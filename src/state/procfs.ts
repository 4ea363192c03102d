import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { availableParallelism, hostname, networkInterfaces, totalmem } from 'node:os'
import { withoutDeleted } from '../base/path.ts'
import type { Fd } from '../event/fd.ts'
import type { ScanRecords, Snapshot, ThreadSeed } from '../event/snapshot.ts'
import type { Findings } from './finding.ts'
import { descriptorOf, readDescriptors, type SocketsOf } from './procfs_fds.ts'
import { SocketTables } from './procfs_sockets.ts'
import { parseCgroups, parseStat, parseStatus, pieces, type Status } from './procfs_text.ts'
import type { ThreadSource } from './state.ts'
import { unknownId } from './thread.ts'

export interface ProcfsOptions {
  /** Where proc is mounted: `/proc`, or below the host's root where that is mounted elsewhere. */
  readonly root?: string
}

// As much of the command line and of the environment as the drivers give in an event.
const textBytes = 4096
// Of one table of sockets: 100,000 of them.
const tableBytes = 16 * 1024 * 1024
const ticksPerSecond = 100n
const nsPerSecond = 1_000_000_000n
const maxParents = 16

/** Reads from /proc what ran before the first event, and what events were missed of. */
export class Procfs implements ThreadSource {
  private readonly root: string
  private readonly buffer = Buffer.allocUnsafeSlow(64 * 1024)
  private readonly bootNs: bigint
  private initStartTs = 0n

  constructor(options: ProcfsOptions = {}) {
    this.root = options.root ?? '/proc'
    const uptimeMs = Number.parseFloat(this.text('uptime')) * 1000
    this.bootNs = Number.isFinite(uptimeMs) ? BigInt(Math.round(Date.now() - uptimeMs)) * 1_000_000n : 0n
  }

  scan(state: Snapshot, records?: ScanRecords): void {
    state.setMachine({
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      maxPid: Number.parseInt(this.text('sys/kernel/pid_max'), 10) || 0,
      hostname: hostname(),
      bootTs: this.bootNs,
    })
    addInterfaces(state)
    this.initStartTs = this.startOf(1)
    const known = records === undefined ? undefined : this.iterate(state, records)
    const tables = this.socketTables()
    // Also those that are kept from iterators, as some sandboxes do.
    for (const pid of numbersIn(this.root)) if (known?.has(pid) !== true) this.readProcess(pid, state, tables, true)
  }

  /** The processes that the kernel's iterators told of; undefined where they are not to be had, or break off. */
  private iterate(state: Snapshot, records: ScanRecords): ReadonlySet<number> | undefined {
    const { Iterated } = require('./iterated.ts') as typeof import('./iterated.ts')
    const iterated = new Iterated(state, {
      texts: (pid) => this.textsOf(pid),
      link: (pid, name) => this.link(`${pid}/${name}`),
    })
    return records((bytes) => iterated.add(bytes)) ? iterated.end() : undefined
  }

  /** Tells `state` of `tid`, its process, and those of its ancestors that `isKnown` does not have. */
  read(tid: number, state: Findings, isKnown: (tid: number) => boolean): boolean {
    const status = parseStatus(this.text(`${tid}/status`))
    if (status === undefined) return false
    const tables = this.socketTables()
    let pid = status.tgid
    for (let depth = 0; pid > 0 && depth < maxParents && (depth === 0 || !isKnown(pid)); depth++) {
      if (depth > 0 || !isKnown(pid) || pid === tid) pid = this.readProcess(pid, state, tables, false)
      else break
    }
    if (status.tgid === tid) return true
    const seed = this.seedOf(tid, status.tgid, status)
    if (seed !== undefined) state.addThread(seed)
    return seed !== undefined
  }

  isAlive(tid: number): boolean {
    return lstatSync(`${this.root}/${tid}`, { throwIfNoEntry: false }) !== undefined
  }

  executable(pid: number): string {
    return this.link(`${pid}/exe`)
  }

  descriptor(pid: number, num: number): Fd | undefined {
    const link = this.link(`${pid}/fd/${num}`)
    return link === '' ? undefined : descriptorOf(pid, link, this.text(`${pid}/fdinfo/${num}`, textBytes), this.socketTables())
  }

  private socketTables(): SocketTables {
    return new SocketTables(
      (path) => this.text(path, tableBytes),
      (pid) => this.link(`${pid}/ns/net`),
    )
  }

  /**
   * Tells of one process; returns its parent's number, 0 where it has none or is gone. With its threads, unless all of them have ended:
   * that is told before, or by nobody.
   */
  private readProcess(pid: number, state: Findings, tables: SocketsOf, isWithThreads: boolean): number {
    const status = parseStatus(this.text(`${pid}/status`))
    const isWanted = status !== undefined && !(isWithThreads && status.hasEnded)
    const seed = isWanted ? this.seedOf(pid, pid, status) : undefined
    if (status === undefined || seed === undefined) return 0
    state.addThread(seed)
    readDescriptors(
      this.root,
      pid,
      (path) => this.text(path, textBytes),
      tables,
      (num, fd) => state.addFd(pid, num, fd),
    )
    if (isWithThreads && status.threads > 1) this.readThreads(pid, seed, state)
    return status.ppid
  }

  // Threads share nearly all with their main thread; what differs and is seen in rules is in their status.
  private readThreads(pid: number, main: ThreadSeed, state: Findings): void {
    for (const tid of numbersIn(`${this.root}/${pid}/task`)) {
      if (tid === pid) continue
      const status = parseStatus(this.text(`${pid}/task/${tid}/status`))
      if (status !== undefined) state.addThread({ ...main, ...identityOf(tid, pid, status) })
    }
  }

  private seedOf(tid: number, pid: number, status: Status): ThreadSeed | undefined {
    const stat = parseStat(this.text(`${tid}/stat`))
    if (stat === undefined) return undefined
    const texts = this.textsOf(tid)
    const loginuid = this.text(`${tid}/loginuid`)
    return {
      ...identityOf(tid, pid, status),
      sid: stat.session,
      pgid: stat.pgrp,
      tty: stat.tty >>> 0,
      pfMajor: stat.majorFaults,
      pfMinor: stat.minorFaults,
      ...texts,
      exe: texts.exe === '' ? status.name : texts.exe,
      cwd: this.link(`${tid}/cwd`),
      root: this.link(`${tid}/root`),
      loginuid: loginuid === '' ? unknownId : Number(loginuid),
      cgroups: parseCgroups(this.text(`${tid}/cgroup`)),
      fdLimit: limitOf(this.text(`${tid}/limits`)),
      pidnsInitStartTs: status.vpid === status.tgid ? this.initStartTs : 0n,
      cloneTs: this.fromBoot(stat.startTicks),
      ...this.executableOf(tid, status),
    }
  }

  private textsOf(tid: number) {
    const [exe = '', ...args] = pieces(this.text(`${tid}/cmdline`, textBytes))
    return { exe, args, env: pieces(this.text(`${tid}/environ`, textBytes)) }
  }

  private executableOf(tid: number, status: Status) {
    const link = this.link(`${tid}/exe`)
    const exepath = withoutDeleted(link)
    const file = exepath === '' ? undefined : this.statOf(`${tid}/exe`)
    return {
      exepath,
      isExeWritable: file !== undefined && mayWrite(file, status),
      isExeUpperLayer: false,
      isExeLowerLayer: false,
      isExeFromMemfd: exepath.startsWith('/memfd:'),
      exeIno: file === undefined ? 0 : number(file.ino),
      exeCtime: file?.ctimeNs ?? 0n,
      exeMtime: file?.mtimeNs ?? 0n,
    }
  }

  private startOf(pid: number): bigint {
    const stat = parseStat(this.text(`${pid}/stat`))
    return stat === undefined ? 0n : this.fromBoot(stat.startTicks)
  }

  private fromBoot(ticks: bigint): bigint {
    return this.bootNs === 0n ? 0n : this.bootNs + (ticks * nsPerSecond) / ticksPerSecond
  }

  private statOf(path: string) {
    try {
      return statSync(`${this.root}/${path}`, { bigint: true })
    } catch {
      return undefined
    }
  }

  private link(path: string): string {
    try {
      return readlinkSync(`${this.root}/${path}`, 'buffer').latin1Slice()
    } catch {
      return ''
    }
  }

  /** A file below the root as a byte string, up to `most` bytes; '' where it is gone or not to be read. */
  private text(path: string, most = 64 * 1024): string {
    return readText(`${this.root}/${path}`, this.buffer, most)
  }
}

function readText(path: string, buffer: Buffer, most: number): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    let text = ''
    for (;;) {
      const room = Math.min(buffer.length, most - text.length)
      const length = room > 0 ? readSync(file, buffer, 0, room, null) : 0
      if (length === 0) return text
      text += buffer.latin1Slice(0, length)
    }
  } catch {
    return ''
  } finally {
    closeSync(file)
  }
}

function identityOf(tid: number, pid: number, status: Status) {
  return {
    tid,
    pid,
    ptid: status.ppid,
    vtid: status.vpid,
    vpid: tid === pid ? status.vpid : status.vtgid,
    vpgid: status.vpgid,
    comm: status.name,
    uid: status.uid,
    gid: status.gid,
    flags: 0,
    capInheritable: status.capInheritable,
    capPermitted: status.capPermitted,
    capEffective: status.capEffective,
    vmSizeKb: status.vmSizeKb,
    vmRssKb: status.vmRssKb,
    vmSwapKb: status.vmSwapKb,
  }
}

function limitOf(limits: string): number {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1]
  return soft === undefined || soft === 'unlimited' ? 0 : Number(soft)
}

function mayWrite(file: { mode: bigint; uid: bigint; gid: bigint }, status: Status): boolean {
  const mode = Number(file.mode)
  if (status.uid === 0) return true
  if (Number(file.uid) === status.uid) return (mode & 0o200) !== 0
  if (Number(file.gid) === status.gid) return (mode & 0o020) !== 0
  return (mode & 0o002) !== 0
}

function number(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function numbersIn(dir: string): number[] {
  try {
    return readdirSync(dir)
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function addInterfaces(state: Snapshot): void {
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    for (const { address, netmask, family } of entries) {
      const parse = family === 'IPv4' ? ipv4Bytes : ipv6Bytes
      state.addAddress({ name, address: parse(address), netmask: parse(netmask), broadcast: '' })
    }
  }
}

function ipv4Bytes(text: string): string {
  return String.fromCharCode(...text.split('.').map(Number))
}

function ipv6Bytes(text: string): string {
  const [head = '', tail] = text.split('%')[0]?.split('::') ?? []
  const groups = (part: string | undefined) => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const first = groups(head)
  const last = groups(tail)
  const zeros = new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0)
  return [...first, ...zeros, ...last].map((group) => String.fromCharCode(group >> 8, group & 255)).join('')
}
