import type { Attack } from './attack.ts'
import { containers } from './containers.ts'
import { files } from './files.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'

/** All attacks; at least one for each rule. */
export const attacks: readonly Attack[] = [...files, ...processes, ...network, ...containers]
