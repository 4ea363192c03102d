import type { Rule } from './ruleset.ts'

/** One entry of `rules` in the configuration: switches rules by name, where `*` stands for any text, or by tag. */
export interface Selection {
  readonly operation: 'enable' | 'disable'
  readonly rule?: string | undefined
  readonly tag?: string | undefined
}

/** The rules that run: those that are on after all selections in order, and no less severe than `minPriority`. */
export function selectRules(rules: readonly Rule[], selections: readonly Selection[], minPriority: number): readonly Rule[] {
  const tests = selections.map((selection) => ({ isOn: selection.operation === 'enable', isMatch: matcher(selection) }))
  return rules.filter((rule) => rule.priority <= minPriority && (tests.findLast(({ isMatch }) => isMatch(rule))?.isOn ?? rule.enabled))
}

function matcher({ rule: pattern, tag }: Selection): (rule: Rule) => boolean {
  const parts = pattern?.split('*')
  return (rule) => (parts !== undefined && isWildcardMatch(rule.name, parts)) || (tag !== undefined && rule.tags.includes(tag))
}

/** Whether `text` is made of the parts in order with anything between them. */
function isWildcardMatch(text: string, parts: readonly string[]): boolean {
  const [first = ''] = parts
  if (parts.length === 1) return text === first
  const last = parts[parts.length - 1] ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
