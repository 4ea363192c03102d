import { toByteString } from '../../base/text.ts'
import type { Alert, JsonValue } from '../../engine/alert.ts'

export interface InternalAlert {
  /** What follows `Falco internal: ` in the name of the rule that scripts know it by. */
  readonly matter: string
  readonly priority: number
  readonly text: string
  readonly fields: readonly (readonly [name: string, value: JsonValue])[]
  readonly hostname: string
}

/** An alert of no rule: what the program says of itself. */
export function internalAlert({ matter, priority, text, fields, hostname }: InternalAlert): Alert {
  return {
    rule: `Falco internal: ${matter}`,
    priority,
    source: 'internal',
    tags: [],
    ts: BigInt(Date.now()) * 1_000_000n,
    text: toByteString(text),
    fields: fields.map(([name, value]) => [toByteString(name), typeof value === 'string' ? toByteString(value) : value]),
    hostname,
  }
}
