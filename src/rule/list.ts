/** What a text is after the names of lists in it are replaced by their items. */
export interface Substituted {
  readonly text: string
  /** Names of the lists that were found, each once. */
  readonly names: readonly string[]
  /** The offset in the text before that an offset in `text` comes from. */
  readonly origin: (offset: number) => number
}

interface Replacement {
  readonly start: number
  readonly end: number
  readonly originStart: number
  readonly originEnd: number
}

// A name ends at blanks, brackets, commas and equals signs; text in quotes holds no names.
const tokens = /"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|[^\s(),="']+/g

/** Replaces each name of a list that stands for itself by the list's items, with commas between them. */
export function substituteLists(text: string, lookup: (name: string) => readonly string[] | undefined): Substituted {
  const names = new Set<string>()
  const replacements: Replacement[] = []
  let result = ''
  let copied = 0
  for (const { 0: token, index } of text.matchAll(tokens)) {
    const items = lookup(token)
    if (!items) continue
    names.add(token)
    result += text.slice(copied, index)
    const start = result.length
    result += items.map(quoteItem).join(', ')
    copied = index + token.length
    replacements.push({ start, end: result.length, originStart: index, originEnd: copied })
  }
  return { text: result + text.slice(copied), names: [...names], origin: (offset) => originOf(offset, replacements) }
}

function originOf(offset: number, replacements: readonly Replacement[]): number {
  const last = replacements.findLast(({ start }) => start <= offset)
  if (!last) return offset
  return offset < last.end ? last.originStart : offset - last.end + last.originEnd
}

const needsQuotes = /[\s()=]/

/** An item as it stands in a condition: in quotes where it would not be one value without. */
function quoteItem(item: string): string {
  return item !== '' && (/^["']/.test(item) || !needsQuotes.test(item)) ? item : quote(item)
}

/** In quotes. Backslashes stay as they are, since Falco does not escape them either. */
export function quote(text: string): string {
  return `"${text.replace(/(?<!\\)"/g, '\\"')}"`
}
