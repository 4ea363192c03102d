import { Glob, isPattern } from './glob.ts'

interface PathNode {
  isEnd: boolean
  readonly children: Map<string, PathNode>
  readonly patterns: { readonly text: string; readonly glob: Glob; readonly node: PathNode }[]
}

/** Paths, of which components may be patterns; finds whether a path is one of them or below one. */
export class PathTree {
  private readonly root = newNode()

  /** Byte strings. An empty path, as `/`, is above everything. */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.add(path)
  }

  has(path: string): boolean {
    return find(this.root, path, 0)
  }

  private add(path: string): void {
    let node = this.root
    for (const component of path.split('/')) {
      if (component !== '') node = isPattern(component) ? patternChild(node, component) : plainChild(node, component)
    }
    node.isEnd = true
  }
}

function find(node: PathNode, path: string, from: number): boolean {
  if (node.isEnd) return true
  let start = from
  while (path.charCodeAt(start) === slash) start++
  if (start >= path.length) return false
  const next = path.indexOf('/', start)
  const end = next === -1 ? path.length : next
  const component = path.slice(start, end)
  const child = node.children.get(component)
  if (child !== undefined && find(child, path, end)) return true
  for (const pattern of node.patterns) {
    if (pattern.glob.test(component) && find(pattern.node, path, end)) return true
  }
  return false
}

const slash = 0x2f

function newNode(): PathNode {
  return { isEnd: false, children: new Map(), patterns: [] }
}

function plainChild(node: PathNode, component: string): PathNode {
  const known = node.children.get(component)
  if (known !== undefined) return known
  const made = newNode()
  node.children.set(component, made)
  return made
}

function patternChild(node: PathNode, text: string): PathNode {
  const known = node.patterns.find((pattern) => pattern.text === text)
  if (known !== undefined) return known.node
  const made = newNode()
  node.patterns.push({ text, glob: new Glob(text), node: made })
  return made
}
