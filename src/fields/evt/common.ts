import { toByteString } from '../../base/text.ts'
import type { Field } from '../../condition/field.ts'
import type { AnyEvent, FieldClass } from '../field.ts'
import { commonTimeFields } from './time.ts'

/** A source of events that is not the kernel. */
export interface SourceNames<E> {
  readonly source: string
  /** The plugin that the source belongs to. */
  readonly plugin: string
  /** A short summary of an event, as a byte string. */
  readonly summary: (event: E) => string
}

/** `evt` as every source has it: which event it is, of which source, and when it happened. */
export function commonEvtClass<E extends AnyEvent>({ source, plugin, summary }: SourceNames<E>, hostname: string): FieldClass<E> {
  const host = hostname === '' ? undefined : toByteString(hostname)
  const fields: readonly Field<E>[] = [
    { name: 'evt.num', type: 'UINT64', format: 'ID', help: 'Number of the event in its source, counted from 1.', get: (e) => e.num },
    ...commonTimeFields,
    constant('evt.pluginname', 'CHARBUF', 'Name of the plugin whose source the event is of.', plugin),
    { name: 'evt.plugininfo', type: 'CHARBUF', help: 'Summary of an event of a plugin, by the plugin.', get: summary },
    constant('evt.source', 'CHARBUF', 'Name of the source that the event came from.', source),
    constant('evt.is_async', 'BOOL', 'Whether the event was injected by the agent or a plugin of it, rather than captured.', false),
    constant('evt.asynctype', 'CHARBUF', 'Name that an injected event gives itself.', undefined),
    constant('evt.hostname', 'CHARBUF', 'Name of the host; FALCO_HOSTNAME in the environment replaces it.', host),
  ]
  return { name: 'evt', description: 'The event itself: its number, source and time.', fields }
}

function constant(name: string, type: Field['type'], help: string, value: string | boolean | undefined): Field<unknown> {
  return { name, type, help, get: () => value, ofKind: () => ({ value }) }
}
