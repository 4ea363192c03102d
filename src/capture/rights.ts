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
// to; for another port of the web server.
const afterStart = { CAP_DAC_OVERRIDE: 1, CAP_DAC_READ_SEARCH: 2, CAP_KILL: 5, CAP_NET_BIND_SERVICE: 10, CAP_SYS_PTRACE: 19 } as const
const bpf = 39

/**
 * Gives back what only the start takes, such as the right to load eBPF programs, in all threads of this process.
 *
 * False where a thread has kept it. Before kernel 6.6 CAP_BPF stays: there it takes that, too, to attach what is loaded.
 */
export function giveUpRights(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10))
  const isOld = major < 6 || (major === 6 && minor < 6)
  const bits = [...Object.values(afterStart), ...(isOld ? [bpf] : [])]
  return library.keepRights(bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)) === 0
}
