import type { Driver, DriverName } from './driver.ts'
import { kmod } from './kmod/index.ts'
import { modernEbpf } from './modern_ebpf.ts'
import { nodriver } from './nodriver.ts'

/** In the order in which `auto` tries them. */
export const drivers: readonly Driver[] = [modernEbpf, kmod, nodriver]

export interface Choice {
  readonly name: DriverName
  /** Why this one, and why none of those before it. */
  readonly reasons: readonly string[]
}

/** The first driver that this machine can use. */
export function chooseDriver(names: readonly DriverName[] = drivers.map(({ name }) => name)): Choice | undefined {
  const reasons: string[] = []
  for (const name of names) {
    const probe = drivers.find((driver) => driver.name === name)?.probe()
    reasons.push(`${name}: ${probe?.reason ?? 'unknown'}`)
    if (probe?.isUsable) return { name, reasons }
  }
  return undefined
}
