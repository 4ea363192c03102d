import { ruleKinds } from '../../capture/interest.ts'
import type { Catalogue, Field } from '../../condition/field.ts'
import { evtClass } from '../../fields/evt/index.ts'
import { fdClass } from '../../fields/fd/index.ts'
import { fdlistClass } from '../../fields/fdlist.ts'
import { defaultFieldOptions, type FieldClass } from '../../fields/field.ts'
import { fsClass } from '../../fields/fs.ts'
import { groupClass, userClass } from '../../fields/user.ts'
import type { Context } from '../context.ts'
import type { Source } from './sources.ts'

/** System calls and what else the kernel tells. */
export function syscallSource(_context: Pick<Context, 'config' | 'env'>): Source {
  const classes: readonly FieldClass[] = [evtClass(defaultFieldOptions), fdClass, userClass, groupClass, fsClass, fdlistClass]
  const byName = new Map(classes.flatMap(({ fields }) => fields.map((field) => [field.name, field as unknown as Field<never>])))
  const catalogue: Catalogue<never> = { find: (name) => byName.get(name), names: [...byName.keys()] }
  return {
    name: 'syscall',
    classes,
    catalogue,
    kinds: ruleKinds(),
    checkFormat: (format) => ({
      problems: [],
      fields: [...format.matchAll(/%([a-z0-9_.]+(\[[^\]]*\])?)/g)].map((match) => match[1] ?? ''),
    }),
  }
}
