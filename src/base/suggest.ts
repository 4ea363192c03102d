/**
 * The candidate nearest to `word` in spelling, if one is near enough to be what was meant; of several that are as near, one that begins
 * with it: more is left out than is mistaken.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  // Nobody has names of that length.
  if (word.length > 200) return undefined
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > bestDistance) continue
    const distance = editDistance(word, candidate)
    const isLonger = candidate.startsWith(word) && best?.startsWith(word) === false
    if (distance > bestDistance || (distance === bestDistance && !isLonger)) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

// Levenshtein with one row.
function editDistance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0] ?? 0
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] ?? 0
      const swap = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(above + 1, (row[j - 1] ?? 0) + 1, swap)
      diagonal = above
    }
  }
  return row[b.length] ?? 0
}
