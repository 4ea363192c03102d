import { existsSync } from 'node:fs'
import { release } from 'node:os'
import { Fault } from '../../base/fault.ts'
import { textAt } from '../../base/files.ts'
import { missingForProc } from '../../capture/rights.ts'
import type { Settings } from '../../config/keys.ts'
import { loadedModule } from '../../drivers/kmod/index.ts'
import { tryCapture } from '../shared/captures.ts'
import { type Check, type Finding, failed, ok, type Patient, skipped, warning, withDrivers, withEbpf, withKernel } from './check.ts'

// What the driver takes: the kernel, and the rights that this process has.

const oldest = [5, 8] as const
const btfFile = '/sys/kernel/btf/vmlinux'

export const kernelChecks: readonly Check[] = [
  { name: 'driver', look: lookAtDriver },
  {
    name: 'kernel',
    look: withEbpf(() => {
      const [major = 0, minor = 0] = release()
        .split('.')
        .map((part) => Number.parseInt(part, 10))
      const isNewEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
      if (isNewEnough) return ok(`Linux ${release()}`)
      return warning(
        `Linux ${release()} is older than ${oldest.join('.')}`,
        'it works where a distribution has brought what is missing; see capture',
      )
    }),
  },
  {
    name: 'btf',
    look: withEbpf(() =>
      existsSync(btfFile)
        ? ok(btfFile)
        : warning(`${btfFile} is missing`, 'use a kernel with CONFIG_DEBUG_INFO_BTF; where a container hides /sys, mount it'),
    ),
  },
  {
    name: 'lockdown',
    look: withEbpf(() => {
      const [, mode] = /\[(\w+)\]/.exec(textAt('/sys/kernel/security/lockdown', 'latin1')) ?? []
      if (mode === 'confidentiality')
        return failed(
          'the kernel is locked down (confidentiality): eBPF programs may read nothing',
          'boot with lockdown=integrity or without it',
        )
      return ok(mode === undefined ? 'the kernel knows none' : mode)
    }),
  },
  { name: 'rights', look: withKernel(lookAtRights) },
  {
    name: 'tracefs',
    look: withEbpf(() =>
      ok(['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'].find(existsSync) ?? 'not mounted, and not needed'),
    ),
  },
  {
    name: 'module',
    look: withDrivers(['kmod'], () => {
      const module = loadedModule()
      return module ? ok(`${module.name} is loaded`) : failed('the kernel module is not loaded', 'eyas driver install --type kmod')
    }),
  },
  { name: 'capture', look: withKernel(lookAtCapture) },
]

function lookAtDriver({ settings, driver, driverReasons }: Patient): Finding {
  const kind = settings['engine.kind']
  if (kind !== 'auto') return driver === 'modern_ebpf' || driver === 'kmod' ? ok(driver) : skipped(`engine.kind is ${kind}`)
  const reasons = driverReasons.join('; ')
  if (driver === 'nodriver') return warning(`auto: ${reasons}`, 'see eyas driver status')
  return ok(`auto: ${reasons}`)
}

function lookAtRights(_: Settings, { driver }: Patient): Finding {
  const held = effective()
  const lacks = driver === 'kmod' ? [] : loading.filter(({ bits }) => bits.every((bit) => !has(held, bit))).map(({ name }) => name)
  if (lacks.length > 0)
    return failed(`this process lacks ${lacks.join(' and ')}`, 'do this as root, or give the program these capabilities')
  const hidden = missingForProc()
  if (hidden.length > 0)
    return warning(`without ${hidden.join(' and ')}, parts of /proc stay hidden`, 'give the program these capabilities')
  return ok(driver === 'kmod' ? 'may read /proc of all users' : 'may load eBPF programs and read /proc of all users')
}

async function lookAtCapture(settings: Settings, { driver }: Patient): Promise<Finding> {
  try {
    if (driver === 'kmod') {
      const { tryKernelModule } = await import('../shared/kmod_capture.ts')
      return ok(tryKernelModule(settings))
    }
    const reason = tryCapture(settings)
    return ok(`the kernel takes the eBPF programs${reason === undefined ? '' : `; the first look at processes reads /proc: ${reason}`}`)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return failed(error.message, error.hint ?? 'start with EYAS_LIBBPF_LOG=1 to see what the kernel says')
  }
}

// include/uapi/linux/capability.h; CAP_SYS_ADMIN is all that these are.
const admin = 21
const loading = [
  { name: 'CAP_BPF', bits: [39, admin] },
  { name: 'CAP_PERFMON', bits: [38, admin] },
]

function effective(): bigint {
  const [, hex = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(textAt('/proc/self/status', 'latin1')) ?? []
  return BigInt(`0x${hex}`)
}

function has(held: bigint, bit: number): boolean {
  return ((held >> BigInt(bit)) & 1n) === 1n
}
