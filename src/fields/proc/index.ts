import type { EventField } from '../field.ts'
import { exeFields } from './exe.ts'
import { idFields } from './ids.ts'
import { nameFields } from './names.ts'
import { resourceFields } from './resources.ts'

/** `proc`: the process that did it. */
export const procFields: readonly EventField[] = [...nameFields, ...idFields, ...exeFields, ...resourceFields]
