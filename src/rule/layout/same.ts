import { Lexer } from 'yaml'
import { isNull, type MappingNode, type Node } from '../../base/node.ts'
import { readYaml } from '../yaml.ts'
import { YamlError } from '../yaml_error.ts'
import { isSameButBlanks } from './condition.ts'

/** Whether two texts of rules files mean the same and have the same comments, anchors and tags. */
export function isSameFile(before: string, after: string): boolean {
  try {
    const [a, b] = [readYaml(before), readYaml(after)]
    return a.length === b.length && a.every((node, i) => isSame(node, b[i])) && marksOf(before).join('\n') === marksOf(after).join('\n')
  } catch (error) {
    if (error instanceof YamlError) return false
    throw error
  }
}

function isSame(a: Node, b: Node | undefined, isCondition = false): boolean {
  if (a.kind === 'scalar') {
    if (b?.kind !== 'scalar' || isNull(a) !== isNull(b)) return false
    return isCondition ? isSameButBlanks(a.text, b.text) : a.text === b.text
  }
  if (a.kind === 'sequence')
    return b?.kind === 'sequence' && a.items.length === b.items.length && a.items.every((item, i) => isSame(item, b.items[i]))
  if (b?.kind !== 'mapping' || a.entries.length !== b.entries.length) return false
  const others = sorted(b)
  return sorted(a).every(({ key, value }, i) => {
    const other = others[i]
    return other !== undefined && isSame(key, other.key) && isSame(value, other.value, textOf(key) === 'condition')
  })
}

// The order of keys says nothing, but of keys that come twice the first counts.
function sorted({ entries }: MappingNode): MappingNode['entries'] {
  return entries.toSorted((a, b) => (textOf(a.key) < textOf(b.key) ? -1 : textOf(a.key) > textOf(b.key) ? 1 : 0))
}

function textOf(node: Node): string {
  return node.kind === 'scalar' ? node.text : ''
}

/** Comments, anchors, aliases and tags of a text, sorted: keys may change places. */
function marksOf(text: string): readonly string[] {
  const marks: string[] = []
  for (const token of new Lexer().lex(text)) if (/^[#&*!]/.test(token)) marks.push(token.trim())
  return marks.sort()
}
