import { probe } from '../capture/library.ts'
import type { Driver } from './driver.ts'

// What the programs cannot do without; the library finds a way around the other features.
const required: ReadonlySet<string> = new Set(['rights', 'btf', 'rings', 'boot-clock'])

export const modernEbpf: Driver = {
  name: 'modern_ebpf',
  summary: 'The eBPF programs inside this binary: nothing to install, kernel 5.8 or newer.',
  probe: () => {
    const missing = probe().filter(({ name, isThere }) => !isThere && required.has(name))
    if (missing.length === 0) return { isUsable: true, reason: 'this kernel takes the eBPF programs' }
    return { isUsable: false, reason: missing.map(({ reason }) => reason).join('; ') }
  },
}
