import { readFileSync } from 'node:fs'
import * as library from './library.ts'

// What the first look at /proc takes: links and environments of other users' processes, and their lists of descriptors
// (include/uapi/linux/capability.h). CAP_DAC_OVERRIDE does all that CAP_DAC_READ_SEARCH does.
const needed = [
  { name: 'CAP_SYS_PTRACE', bits: [19] },
  { name: 'CAP_DAC_READ_SEARCH', bits: [2, 1] },
] as const

/** Capabilities without which parts of /proc stay hidden from this process; none where that cannot be told. */
export function missingForProc(status: string = readFileSync('/proc/self/status', 'latin1')): readonly string[] {
  const [, hex] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? []
  if (hex === undefined) return []
  const held = BigInt(`0x${hex}`)
  return needed.filter(({ bits }) => bits.every((bit) => ((held >> BigInt(bit)) & 1n) === 0n)).map(({ name }) => name)
}

// By their numbers (include/uapi/linux/capability.h). For paths of others and their processes; for signals to programs that alerts go
// to; for another port of the web server; for programs in the kernel that other rules need after a reload.
const afterStart = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_KILL: 5,
  CAP_NET_BIND_SERVICE: 10,
  CAP_SYS_PTRACE: 19,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const
// Before kernel 5.11 programs and maps count against RLIMIT_MEMLOCK.
const resource = 24

/** Gives back what only the start takes, in all threads of this process; false where a thread has kept it. */
export function giveUpRights(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10))
  const isOld = major < 5 || (major === 5 && minor < 11)
  const bits = [...Object.values(afterStart), ...(isOld ? [resource] : [])]
  return library.keepRights(bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)) === 0
}
