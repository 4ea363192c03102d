import type { EventField, FieldClass, FieldOptions } from '../field.ts'
import { argFields } from './args.ts'
import { identityFields } from './identity.ts'
import { ioFields } from './io.ts'
import { openFields } from './open.ts'
import { resultFields } from './result.ts'
import { timeFields } from './time.ts'

/** `evt` and `syscall`: the event itself. */
export function evtClass(options: FieldOptions): FieldClass {
  const fields: readonly EventField[] = [
    ...identityFields(options),
    ...timeFields(options),
    ...argFields(options),
    ...resultFields,
    ...ioFields(options),
    ...openFields,
    ...infraFields,
  ]
  return { name: 'evt', description: 'The event itself: its kind, time, arguments and result.', fields }
}

// Events of the Docker daemon existed in recordings of old agents only; nothing delivers them any more.
const infraFields: readonly EventField[] = [
  infra('evt.infra.docker.name', 'Name of an event of the Docker daemon; there are none any more.'),
  infra('evt.infra.docker.container.id', 'Container that an event of the Docker daemon is about; there are none any more.'),
  infra('evt.infra.docker.container.name', 'Name of the container of an event of the Docker daemon; there are none any more.'),
  infra('evt.infra.docker.container.image', 'Image of the container of an event of the Docker daemon; there are none any more.'),
]

function infra(name: string, help: string): EventField {
  return { name, type: 'CHARBUF', flags: ['hidden'], help, get: () => undefined, ofKind: () => ({ value: undefined }) }
}
