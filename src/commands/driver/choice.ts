import { existsSync } from 'node:fs'
import { Fault } from '../../base/fault.ts'
import { targetOf } from '../../drivers/kmod/target.ts'
import { modernEbpf } from '../../drivers/modern_ebpf.ts'
import { type DriverOptions, type DriverType, isThisKernel } from './options.ts'

export interface Choice {
  readonly type: DriverType
  readonly reason: string
}

/**
 * The first of the wanted drivers that the machine can have, once what it needs is installed.
 *
 * @throws Fault `driver-unavailable` where there is none.
 */
export function chooseType(options: DriverOptions): Choice {
  const problems: string[] = []
  for (const type of options.types) {
    const problem = type === 'kmod' ? targetOf(options.host).veto : whyNotEbpf(options)
    if (problem === undefined)
      return { type, reason: type === 'kmod' ? 'this kernel can take the module' : 'this kernel takes the eBPF programs' }
    problems.push(`${type}: ${problem}`)
  }
  throw new Fault('driver-unavailable', `this machine can have none of the drivers: ${problems.join('; ')}`, {
    hint: 'allow more by --type, or read other sources of events with engine.kind nodriver',
  })
}

function whyNotEbpf(options: DriverOptions): string | undefined {
  const [major = 0, minor = 0] = options.host.release.split(/[.-]/).map(Number)
  if (major < 5 || (major === 5 && minor < 8)) return `kernel ${options.host.release} is older than 5.8`
  if (!isThisKernel(options)) return undefined
  // Who may not load programs cannot try: what can be read then has to do.
  if (process.getuid?.() !== 0) return existsSync('/sys/kernel/btf/vmlinux') ? undefined : 'this kernel gives no type information (BTF)'
  const { isUsable, reason } = modernEbpf.probe()
  return isUsable ? undefined : reason
}
