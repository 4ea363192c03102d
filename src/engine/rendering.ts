import { toByteString } from '../base/text.ts'
import type { Catalogue } from '../condition/field.ts'
import type { FormatCheck, FormatProblem } from '../rule/options.ts'
import type { ExtraField, Rule } from '../rule/ruleset.ts'
import type { JsonValue } from './alert.ts'
import { type Format, FormatFault, parseFormat, render, renderFields, renderLine } from './format.ts'

/** What an alert of one rule says, for any event. Text is byte strings. */
export interface RuleRendering<E> {
  render(event: E): string
  renderFields(event: E): (readonly [token: string, value: JsonValue])[]
}

/**
 * Makes the output of a rule, and the fields that the configuration adds to it, ready.
 *
 * `isLine`: it will be written as a line of text, which no value may end.
 *
 * @throws FormatFault for an output that `checkFormat` would find fault with.
 */
export function renderingOf<E>(rule: Pick<Rule, 'format' | 'extraFields'>, catalogue: Catalogue<E>, isLine = false): RuleRendering<E> {
  const format = parseFormat(rule.format, catalogue, true)
  const extras = rule.extraFields.map((field) => ({
    name: toByteString(field.name),
    format: extraFormat(field, catalogue),
    isRaw: field.isRaw,
  }))
  const fill = isLine ? renderLine : render
  return {
    render: (event) => fill(format, event) ?? '',
    renderFields: (event) => {
      const fields = renderFields(format, event)
      for (const extra of extras) fields.push(...extraValues(extra, event))
      return fields
    },
  }
}

/** Checks an output: its first mistake, deprecated fields, and the fields that it shows. */
export function checkFormat(output: string, catalogue: Catalogue<never>): FormatCheck {
  try {
    const { fields } = parseFormat(output, catalogue, true)
    const deprecated = fields.filter(({ field }) => field.flags?.includes('deprecated'))
    return { problems: deprecated.map(({ token }) => deprecation(token, output)), fields: fields.map(({ field }) => field.name) }
  } catch (error) {
    if (!(error instanceof FormatFault)) throw error
    const { message, start, isUnknownField, hint } = error
    return { problems: [{ code: 'LOAD_ERR_COMPILE_OUTPUT', message, start, isUnknownField, hint }], fields: [] }
  }
}

function deprecation(token: string, output: string): FormatProblem {
  const start = Math.max(0, output.indexOf(token))
  return {
    code: 'LOAD_DEPRECATED_ITEM',
    message: `usage of deprecated field '${token}' has been detected in the rule output`,
    start,
    hint: 'take it out of the output',
  }
}

interface Extra<E> {
  readonly name: string
  readonly format: Format<E>
  readonly isRaw: boolean
}

// A raw field keeps the type of its value, any other is text.
function extraValues<E>({ name, format, isRaw }: Extra<E>, event: E): (readonly [string, JsonValue])[] {
  if (!isRaw) return [[name, render(format, event) ?? '']]
  return renderFields(format, event).map(([token, value]) => [format.fields.length === 1 ? name : token, value])
}

function extraFormat<E>({ format, isRaw }: ExtraField, catalogue: Catalogue<E>): Format<E> {
  return parseFormat(isRaw ? `%${format}` : format, catalogue, true)
}
