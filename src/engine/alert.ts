/** A value as it stands in `output_fields`. */
export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[]

/** What a rule that fired has to say, before it is rendered for an output. Text is byte strings (`base/text.ts`). */
export interface Alert {
  readonly rule: string
  /** 0 emergency to 7 debug, as in syslog. */
  readonly priority: number
  readonly source: string
  /** Sorted. */
  readonly tags: readonly string[]
  /** Time of the event, ns since the epoch. */
  readonly ts: bigint
  /** The rule's output with its fields filled in, without time and priority. */
  readonly text: string
  /** Values of the output's fields, by the token that names them, in order. */
  readonly fields: readonly (readonly [token: string, value: JsonValue])[]
  readonly hostname: string
}
