import { isNull, type Node } from '../base/node.ts'
import { readPlainYaml } from '../base/plain_yaml.ts'
import { YamlError } from './yaml_error.ts'

/**
 * Reads the YAML documents of a text; an empty document is left out.
 *
 * @throws YamlError where it is not YAML, or too large, too deep, or grows without bounds through its aliases.
 */
export function readYaml(text: string): readonly Node[] {
  const zero = text.indexOf('\0')
  if (zero >= 0) throw new YamlError('this is not text: it has a zero byte; rules files are UTF-8', zero)
  const plain = readPlainYaml(text)
  if (plain) return plain.filter((node) => !isNull(node))
  // The parser takes longer to load than most files to read.
  const { readAnyYaml } = require('./complete_yaml.ts') as typeof import('./complete_yaml.ts')
  return readAnyYaml(text).filter((node) => !isNull(node))
}
