interface Edit {
  readonly kind: ' ' | '-' | '+'
  readonly line: string
}

// Texts that differ in more lines are shown as a whole.
const maxEdits = 1200
const contextLines = 3

/** How to get from one text to another, as `diff -u` shows it; empty where they are the same. */
export function unifiedDiff(before: string, after: string, nameBefore: string, nameAfter: string): string {
  if (before === after) return ''
  const edits = editsOf(linesOf(before), linesOf(after))
  return `--- ${nameBefore}\n+++ ${nameAfter}\n${hunksOf(edits).join('')}`
}

// The last line of a text without a line break at its end is marked as diff(1) does.
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`]
}

function hunksOf(edits: readonly Edit[]): string[] {
  const hunks: string[] = []
  let [oldLine, newLine] = [1, 1]
  for (let i = 0; i < edits.length; ) {
    const end = endOfHunk(edits, i)
    if (end === undefined) {
      if (edits[i]?.kind !== '+') oldLine++
      if (edits[i]?.kind !== '-') newLine++
      i++
      continue
    }
    const shown = edits.slice(i, end)
    const oldCount = shown.filter(({ kind }) => kind !== '+').length
    const newCount = shown.filter(({ kind }) => kind !== '-').length
    const head = `@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@\n`
    hunks.push(head + shown.map(({ kind, line }) => `${kind}${line}\n`).join(''))
    oldLine += oldCount
    newLine += newCount
    i = end
  }
  return hunks
}

/** Where the hunk ends that starts at `start`; undefined if none starts there. */
function endOfHunk(edits: readonly Edit[], start: number): number | undefined {
  const isNear = (at: number) => edits.slice(at, at + contextLines + 1).some(({ kind }) => kind !== ' ')
  if (!isNear(start)) return undefined
  let end = start
  let same = 0
  while (end < edits.length) {
    same = edits[end]?.kind === ' ' ? same + 1 : 0
    end++
    if (same >= contextLines && !edits.slice(end, end + contextLines).some(({ kind }) => kind !== ' ')) break
  }
  return same > contextLines ? end - (same - contextLines) : end
}

function range(line: number, count: number): string {
  return count === 1 ? `${line}` : `${count === 0 ? line - 1 : line},${count}`
}

function editsOf(a: readonly string[], b: readonly string[]): readonly Edit[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let tail = 0
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const same = (line: string): Edit => ({ kind: ' ', line })
  const middle = shortest(a.slice(start, a.length - tail), b.slice(start, b.length - tail))
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - tail).map(same)]
}

// The greedy algorithm of Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
function shortest(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const trace: Map<number, number>[] = []
  let reach = new Map([[1, 0]])
  for (let edits = 0; edits <= Math.min(a.length + b.length, maxEdits); edits++) {
    trace.push(reach)
    const next = new Map(reach)
    for (let k = -edits; k <= edits; k += 2) {
      let x = isDown(reach, k, edits) ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      next.set(k, x)
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace)
    }
    reach = next
  }
  return [...a.map((line): Edit => ({ kind: '-', line })), ...b.map((line): Edit => ({ kind: '+', line }))]
}

function isDown(reach: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly ReadonlyMap<number, number>[]): readonly Edit[] {
  const found: Edit[] = []
  let [x, y] = [a.length, b.length]
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] ?? new Map<number, number>()
    const k = x - y
    const before = isDown(reach, k, edits) ? k + 1 : k - 1
    const [fromX, fromY] = edits === 0 ? [0, 0] : [reach.get(before) ?? 0, (reach.get(before) ?? 0) - before]
    while (x > fromX && y > fromY) {
      found.push({ kind: ' ', line: a[--x] ?? '' })
      y--
    }
    if (edits === 0) break
    if (x === fromX) found.push({ kind: '+', line: b[--y] ?? '' })
    else found.push({ kind: '-', line: a[--x] ?? '' })
  }
  return found.reverse()
}
