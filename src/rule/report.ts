import type { ErrorCode, WarningCode } from './code.ts'
import { Context, LoadError, type Problem } from './problem.ts'
import type { Source } from './source.ts'

// Whoever mends that many runs it again; to show more takes longer than to find them.
const maxProblems = 1000

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

  /** Whether there are so many errors that the rest of the file need not be looked at. */
  get isFull(): boolean {
    return this.errors.length > maxProblems
  }

  /** Whether further warnings are left out. */
  get isFullOfWarnings(): boolean {
    return this.warnings.length > maxProblems
  }

  warn(
    code: WarningCode,
    message: string,
    context: Context,
    detail: { snippet?: string | undefined; hint?: string | undefined } = {},
  ): void {
    if (this.isFullOfWarnings) return
    this.warnings.push({ code, message, context, ...detail })
    if (this.warnings.length < maxProblems) return
    this.warnings.push({ code, message: `There are more than ${maxProblems} warnings; the rest is left out`, context: this.content })
  }

  private refuse(problem: Problem<ErrorCode>): void {
    if (this.isFull) return
    this.errors.push(problem)
    if (this.errors.length < maxProblems) return
    const message = `There are more than ${maxProblems} errors; the rest of the file is not looked at`
    this.errors.push({ code: problem.code, message, context: this.content })
  }

  /** Does what may fail with a LoadError, which is noted; tells whether it went well. */
  try(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      this.refuse(error.problem)
      return false
    }
  }
}
