import type { Driver } from '../driver.ts'
import { hostOf } from './host.ts'
import { firstDevice, isLoaded, whyNoModules } from './load.ts'
import { moduleNames } from './sources.ts'
import { targetOf } from './target.ts'

/** The module that is loaded and has devices, and the path of these without the number of the CPU. */
export function loadedModule(): { readonly name: string; readonly devices: string } | undefined {
  const name = moduleNames.find((each) => isLoaded(each) && firstDevice(each) !== undefined)
  return name === undefined ? undefined : { name, devices: `/dev/${name}` }
}

export const kmod: Driver = {
  name: 'kmod',
  summary: "Falco's kernel module, or the plain one (scap): for kernels without BTF.",
  probe: () => {
    const loaded = loadedModule()
    if (loaded !== undefined) return { isUsable: true, reason: `the module ${loaded.name} is loaded` }
    const { veto } = targetOf(hostOf())
    if (veto !== undefined) return { isUsable: false, reason: veto }
    const reason = whyNoModules()
    if (reason !== undefined) return { isUsable: false, reason }
    return { isUsable: false, reason: `no module ${moduleNames.join(' or ')} is loaded: eyas driver install --type kmod` }
  },
}
