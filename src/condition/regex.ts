import type { RE2JS } from 're2js'
import { toUnicode } from '../base/text.ts'

/**
 * A regular expression in RE2's syntax.
 *
 * As for RE2, what it matches are characters: values are read as UTF-8. Bytes that are none stand for U+FFFD, each for one,
 * so that `.` still matches them and nothing escapes a rule by a broken character.
 */
export class Regex {
  private readonly compiled: RE2JS

  /** `pattern` is a byte string. @throws Error with a message for the user. */
  constructor(pattern: string) {
    // Few rules have regular expressions, and the engine for them takes a while to load.
    const { RE2JS } = require('re2js') as typeof import('re2js')
    const text = toUnicode(pattern)
    try {
      this.compiled = RE2JS.compile(text)
    } catch (error) {
      throw new Error(`invalid regular expression '${text}': ${error instanceof Error ? error.message : error}`)
    }
  }

  /** Whether the whole byte string matches. Takes time proportional to the product of both lengths at worst. */
  test(value: string): boolean {
    return this.compiled.matches(toUnicode(value))
  }

  /** Whether something in the byte string matches. Takes as long. */
  isIn(value: string): boolean {
    return this.compiled.test(toUnicode(value))
  }
}
