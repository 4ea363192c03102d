import { readdirSync } from 'node:fs'
import { textAt } from './files.ts'

/** What this process has used so far. */
export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly vszBytes: number
  /** Its share of memory, with what it shares with others counted in part. */
  readonly pssBytes: number
  readonly openFds: number
}

/** What the whole machine does. */
export interface HostUsage {
  readonly bootSeconds: number
  readonly cpus: number
  /** Part of all CPUs' time since the start of the machine that was not idle, 0 to 1. */
  readonly cpuRatio: number
  readonly memoryUsedBytes: number
  readonly procsRunning: number
  readonly openFds: number
}

const kib = 1024

export function processUsage(): ProcessUsage {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  const status = textAt('/proc/self/status', 'latin1')
  return {
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    rssBytes: number(status, /^VmRSS:\s+(\d+)/m) * kib,
    vszBytes: number(status, /^VmSize:\s+(\d+)/m) * kib,
    pssBytes: number(textAt('/proc/self/smaps_rollup', 'latin1'), /^Pss:\s+(\d+)/m) * kib,
    openFds: count('/proc/self/fd'),
  }
}

/** `root`: where the host's file system is mounted; nothing for `/`. What cannot be read is 0. */
export function hostUsage(root: string): HostUsage {
  const stat = textAt(`${root}/proc/stat`, 'latin1')
  const memory = textAt(`${root}/proc/meminfo`, 'latin1')
  const [opened = 0] = numbers(textAt(`${root}/proc/sys/fs/file-nr`, 'latin1'))
  return {
    bootSeconds: number(stat, /^btime (\d+)/m),
    cpus: stat.match(/^cpu\d+ /gm)?.length ?? 0,
    cpuRatio: busyRatio(numbers(/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')),
    memoryUsedBytes: usedMemory(memory) * kib,
    procsRunning: number(stat, /^procs_running (\d+)/m),
    openFds: opened,
  }
}

// Of a container, as it sees itself: cgroup version 2, then 1. A host's root group has neither.
const containerMemoryFiles = ['/sys/fs/cgroup/memory.current', '/sys/fs/cgroup/memory/memory.usage_in_bytes']

/** Memory that the container of this process uses, 0 outside of one; `path` names the file to read instead of the usual ones. */
export function containerMemoryBytes(path?: string): number {
  for (const file of path ? [path] : containerMemoryFiles) {
    const [bytes] = numbers(textAt(file, 'latin1'))
    if (bytes !== undefined) return bytes
  }
  return 0
}

// user nice system idle iowait irq softirq steal (proc(5)); guests' time is within user and nice.
function busyRatio(times: readonly number[]): number {
  const total = times.slice(0, 8).reduce((sum, time) => sum + time, 0)
  return total === 0 ? 0 : 1 - ((times[3] ?? 0) + (times[4] ?? 0)) / total
}

// What free(1) calls used.
function usedMemory(memory: string): number {
  const of = (name: string) => number(memory, new RegExp(`^${name}:\\s+(\\d+)`, 'm'))
  return Math.max(0, of('MemTotal') - of('MemFree') - of('Buffers') - of('Cached'))
}

function number(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0)
}

function numbers(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number)
}

function count(directory: string): number {
  try {
    return readdirSync(directory).length
  } catch {
    return 0
  }
}
