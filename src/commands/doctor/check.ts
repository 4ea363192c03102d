import type { Settings } from '../../config/keys.ts'
import type { Context, Environment } from '../context.ts'

/** Whom the doctor looks at: this host, with the configuration that the program would run with. */
export interface Patient {
  readonly env: Environment
  /** Put before paths of the host (`HOST_ROOT`); empty for none. */
  readonly hostRoot: string
  /** Absent where the configuration cannot be read. */
  readonly context: Context | undefined
  /** Those of the configuration, or the built-in ones where it cannot be read. */
  readonly settings: Settings
  /** Why it cannot. */
  readonly configFault: string
  /** What `engine.kind` comes to here: of `auto`, what that takes. */
  readonly driver: Exclude<Settings['engine.kind'], 'auto'>
  /** Why it takes that, where the machine has been asked. */
  readonly driverReasons: readonly string[]
}

export interface Finding {
  /** `warning`: it works, but not all of it, or not for long. `skipped`: nothing of it is needed here. */
  readonly verdict: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly text: string
  /** The way out. */
  readonly hint?: string
}

/** A precondition. */
export interface Check {
  readonly name: string
  readonly look: (patient: Patient) => Finding | Promise<Finding>
}

export function ok(text: string): Finding {
  return { verdict: 'ok', text }
}

export function skipped(text: string): Finding {
  return { verdict: 'skipped', text }
}

export function warning(text: string, hint: string): Finding {
  return { verdict: 'warning', text, hint }
}

export function failed(text: string, hint: string): Finding {
  return { verdict: 'failed', text, hint }
}

/** Looks where the configuration can be read; else there is nothing to be said. */
export function withSettings(look: (settings: Settings, patient: Patient) => Finding | Promise<Finding>): Check['look'] {
  return (patient) => (patient.context ? look(patient.context.config.settings, patient) : skipped('the configuration cannot be read'))
}

type Look = (settings: Settings, patient: Patient) => Finding | Promise<Finding>

/** Looks where system calls come through eBPF. */
export function withEbpf(look: Look): Check['look'] {
  return withDrivers(['modern_ebpf'], look)
}

/** Looks where system calls come from this kernel, by eBPF or by a module. */
export function withKernel(look: Look): Check['look'] {
  return withDrivers(['modern_ebpf', 'kmod'], look)
}

/** Looks where they come by one of these. */
export function withDrivers(names: readonly Patient['driver'][], look: Look): Check['look'] {
  return (patient) => {
    const kind = patient.settings['engine.kind']
    if (names.includes(patient.driver)) return look(patient.settings, patient)
    return skipped(`engine.kind is ${kind}${kind === patient.driver ? '' : `, which takes ${patient.driver} here`}`)
  }
}
