import { readFileSync } from 'node:fs'

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
