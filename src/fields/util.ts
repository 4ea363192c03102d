import type { FieldClass } from './field.ts'

/** `util`: counters. Each catalogue counts for itself. */
export function utilClass(): FieldClass {
  let count = 0
  return {
    name: 'util',
    description: 'Small helps for outputs.',
    fields: [{ name: 'util.cnt', type: 'UINT64', format: 'ID', help: 'Counts up from 1 each time it is shown.', get: () => ++count }],
  }
}
