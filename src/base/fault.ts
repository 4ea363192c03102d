/** Where a mistake is: a file or option, and the place in it, counted from 1. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
  /** The line of text that the place is in; the caret goes under `column`. */
  readonly snippet?: string
}

export interface FaultDetail {
  readonly place?: Place | undefined
  /** The way out: what the user can do now, a sentence without a full stop. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/**
 * A mistake that a user can mend: shown as one message, never with a stack trace.
 *
 * `code` is a short lower-case word pair that scripts may match, such as `config-invalid`.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: string
  readonly place: Place | undefined
  readonly hint: string | undefined

  constructor(code: string, message: string, detail: FaultDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.place = detail.place
    this.hint = detail.hint
  }

  /** The message as users see it: place, code and reason; the line with a caret; the way out. */
  format(): string {
    const { place } = this
    const where = place ? [place.file, place.line, place.column].filter((part) => part !== undefined).join(':') : undefined
    const lines = [`${where === undefined ? '' : `${where}: `}${this.message}`]
    if (place?.snippet !== undefined) {
      lines.push(`    ${place.snippet}`)
      if (place.column !== undefined) lines.push(`    ${' '.repeat(Math.max(0, place.column - 1))}^`)
    }
    if (this.hint !== undefined) lines.push(`  ${this.hint}`)
    return lines.join('\n')
  }
}

/** Several faults at once, all of which the user should see. */
export class Faults extends Error {
  override readonly name = 'Faults'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => fault.format()).join('\n'))
    this.faults = faults
  }
}
