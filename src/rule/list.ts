/** What a text is after the names of lists in it are replaced by their items. */
export interface Substituted {
  readonly text: string
  /** Names of the lists that were found, each once. */
  readonly names: readonly string[]
  /** The offset in the text before that an offset in `text` comes from. */
  readonly origin: (offset: number) => number
  /** The list that the text at an offset of `text` comes from. */
  readonly listAt: (offset: number) => string | undefined
  /** Whether it was given up for its length. */
  readonly isTooLong: boolean
}

interface Replacement {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly originStart: number
  readonly originEnd: number
}

// A name stands between blanks, brackets, commas and equals signs. Falco looks for names in quoted texts too.
const plainToken = '[^\\s(),=]+'
const tokens = new RegExp(plainToken, 'g')

/** The tokens that may be names of lists, where some of the names have blanks in them. */
export function tokensWith(names: Iterable<string>): RegExp {
  const odd = [...names].filter((name) => /\s/.test(name))
  if (odd.length === 0) return tokens
  const alternatives = odd.sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`(?<![^\\s(),=])(?:${alternatives.join('|')})(?![^\\s(),=])|${plainToken}`, 'g')
}

/** The items of a list as they stand in a condition; empty if it has none. */
export type ListLookup = (name: string) => string | undefined

// A few lists named often could make a text of any size.
const maxTextLength = 8 * 1024 * 1024

/** Replaces each name of a list that stands for itself by the list's items, with commas between them; `lookup` is absent where there are no lists. */
export function substituteLists(text: string, lookup: ListLookup | undefined, among: RegExp = tokens, room = maxTextLength): Substituted {
  if (lookup === undefined) return { text, names: [], origin: same, listAt: noList, isTooLong: false }
  const names = new Set<string>()
  const replacements: Replacement[] = []
  let result = ''
  let copied = 0
  for (const { 0: token, index } of text.matchAll(among)) {
    const items = lookup(token)
    if (items === undefined) continue
    names.add(token)
    result += text.slice(copied, index)
    copied = index + token.length
    // Of an empty list, the comma next to it goes as well.
    const comma = items !== '' ? undefined : (/,\s*$/.exec(result)?.[0] ?? '')
    if (comma) result = result.slice(0, -comma.length)
    else if (comma === '') copied += /^\s*,/.exec(text.slice(copied))?.[0].length ?? 0
    const start = result.length
    result += items
    if (result.length > room) return { text: '', names: [...names], origin: () => 0, listAt: noList, isTooLong: true }
    replacements.push({ name: token, start, end: result.length, originStart: index, originEnd: copied })
  }
  if (replacements.length === 0) return { text, names: [], origin: same, listAt: noList, isTooLong: false }
  const origin = (offset: number) => originOf(offset, replacements)
  const listAt = (offset: number) =>
    replacements.find(({ start, end }) => start <= offset && (offset < end || (offset === start && start === end)))?.name
  return { text: result + text.slice(copied), names: [...names], origin, listAt, isTooLong: false }
}

function noList(): undefined {
  return undefined
}

function same(offset: number): number {
  return offset
}

function originOf(offset: number, replacements: readonly Replacement[]): number {
  const last = replacements.findLast(({ start }) => start <= offset)
  if (!last) return offset
  return offset < last.end ? last.originStart : offset - last.end + last.originEnd
}

const needsQuotes = /[\s()=]/

/** Items with commas between them. */
export function joinItems(items: readonly string[]): string {
  return items.map(quoteItem).join(', ')
}

/** An item as it stands in a condition: in quotes where it would not be one value without. */
function quoteItem(item: string): string {
  return item !== '' && (/^["']/.test(item) || !needsQuotes.test(item)) ? item : quote(item)
}

/** In quotes. Backslashes stay as they are, since Falco does not escape them either. */
export function quote(text: string): string {
  return `"${text.replace(/(?<!\\)"/g, '\\"')}"`
}
