import type { ErrorCode, WarningCode } from './code.ts'
import { Context, LoadError, type Problem } from './problem.ts'
import type { Source } from './source.ts'

/** What was found in one file. */
export class Report {
  readonly source: Source
  readonly content: Context
  readonly errors: Problem<ErrorCode>[] = []
  readonly warnings: Problem<WarningCode>[] = []
  schemaWarnings: readonly string[] = []

  constructor(source: Source) {
    this.source = source
    this.content = new Context('rules content', '', source, 0)
  }

  warn(
    code: WarningCode,
    message: string,
    context: Context,
    detail: { snippet?: string | undefined; hint?: string | undefined } = {},
  ): void {
    this.warnings.push({ code, message, context, ...detail })
  }

  /** Does what may fail with a LoadError, which is noted; tells whether it went well. */
  try(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      this.errors.push(error.problem)
      return false
    }
  }
}
