import { Fault, type FaultDetail } from '../base/fault.ts'

export type ConditionFaultCode =
  | 'condition-syntax'
  | 'condition-too-deep'
  | 'unknown-macro'
  | 'unknown-field'
  | 'unknown-event-type'
  | 'field-argument'
  | 'bad-operator'
  | 'bad-value'
  | 'bad-transformer'

/** A mistake in a condition. `place` is for whoever knows the file; the offsets are in the text of the condition. */
export class ConditionFault extends Fault {
  override readonly code: ConditionFaultCode
  readonly start: number
  readonly end: number
  /** The macro whose text the offsets are in; absent for the condition's own text. */
  readonly macro: string | undefined

  constructor(
    code: ConditionFaultCode,
    message: string,
    detail: FaultDetail & { start: number; end?: number; macro?: string | undefined },
  ) {
    super(code, message, detail)
    this.code = code
    this.start = detail.start
    this.end = Math.max(detail.end ?? detail.start + 1, detail.start)
    this.macro = detail.macro
  }
}

/** Something that is allowed and probably not meant. `code` is the one that load results show. */
export interface ConditionWarning {
  readonly code: 'LOAD_COMPILE_CONDITION' | 'LOAD_UNSAFE_NA_CHECK' | 'LOAD_DEPRECATED_ITEM'
  readonly message: string
  readonly start: number
  readonly end: number
  readonly macro?: string | undefined
}

/** Line and column of an offset in a text, both counted from 1, and the line itself. */
export function locate(text: string, offset: number): { line: number; column: number; snippet: string } {
  const at = Math.min(Math.max(offset, 0), text.length)
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1
  let line = 1
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) line++
  const lineEnd = text.indexOf('\n', at)
  return { line, column: at - lineStart + 1, snippet: text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd) }
}
