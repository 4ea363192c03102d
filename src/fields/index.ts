import { toByteString } from '../base/text.ts'
import type { Catalogue, Field } from '../condition/field.ts'
import type { Event } from '../event/event.ts'
import { containerClass } from './container.ts'
import { evtClass } from './evt/index.ts'
import { fdClass } from './fd/index.ts'
import { fdlistClass } from './fdlist.ts'
import { defaultFieldOptions, type EventField, type FieldClass, type FieldOptions } from './field.ts'
import { fsClass } from './fs.ts'
import { k8sClass } from './k8s.ts'
import { k8smetaClass } from './k8smeta.ts'
import { procFields } from './proc/index.ts'
import { openedFiles } from './shared/kinds.ts'
import { threadFields } from './thread.ts'
import { groupClass, userClass } from './user.ts'
import { utilClass } from './util.ts'

/** The fields of the source `syscall`, ready for conditions, outputs and listings. */
export interface EventCatalogue extends Catalogue<Event> {
  find(name: string): EventField | undefined
  /** The headings of the listing, in order, with their fields. */
  readonly classes: readonly FieldClass[]
}

/** Makes the catalogue of the source `syscall`. What it counts (`util.cnt`), it counts for itself. */
export function createSyscallFields(options: Partial<FieldOptions> = {}): EventCatalogue {
  const settings = { ...defaultFieldOptions, ...options }
  const classes = [
    evtClass(settings),
    {
      name: 'process',
      description: 'The process and the thread that an event is of, and their ancestors.',
      fields: [...procFields, ...threadFields],
    },
    userClass,
    groupClass,
    fdClass(settings),
    fdlistClass,
    fsClass,
    containerClass,
    k8sClass,
    k8smetaClass,
    utilClass(),
    ...staticClass(settings.staticFields),
  ]
  const byName = new Map(classes.flatMap((known) => known.fields.map((field) => [field.name, field] as const)))
  return { classes, subjects: openedFiles, names: [...byName.keys()], find: (name) => byName.get(name) }
}

/** `static_fields` of the configuration: texts that are the same for all events. */
export function staticClass(texts: ReadonlyMap<string, string>): FieldClass<unknown>[] {
  if (texts.size === 0) return []
  const fields = [...texts].map(([key, text]): Field<unknown> => {
    const value = toByteString(text)
    return {
      name: `static.${key}`,
      type: 'CHARBUF',
      flags: ['suggested_output'],
      help: 'Text from static_fields of the configuration.',
      get: () => value,
    }
  })
  return [{ name: 'static', description: 'Texts from static_fields of the configuration.', fields }]
}
