import { type KeyRow, keyRows } from './keys.ts'

/** The key table as a tree: what may stand below each key. */
export interface Shape {
  readonly row: KeyRow | undefined
  readonly children: Map<string, Shape>
  /** What the elements of a list are, where they are maps. */
  element: Shape | undefined
}

export const rootShape: Shape = buildShape()

function buildShape(): Shape {
  const root = newShape(undefined)
  for (const row of keyRows as readonly KeyRow[]) insert(root, row)
  return root
}

function insert(root: Shape, row: KeyRow): void {
  let at = root
  const parts = row[0].split('.')
  for (const [i, part] of parts.entries()) {
    const isList = part.endsWith('[]')
    const name = isList ? part.slice(0, -2) : part
    const isLast = i === parts.length - 1
    let next = at.children.get(name)
    if (!next) {
      next = newShape(isLast ? row : undefined)
      at.children.set(name, next)
    }
    if (isList) {
      next.element ??= newShape(undefined)
      next = next.element
    }
    at = next
  }
}

function newShape(row: KeyRow | undefined): Shape {
  return { row, children: new Map(), element: undefined }
}
