import { type Entry, isNull, type MappingNode, type Node, type ScalarNode } from '../base/node.ts'
import { toBoolean, toInteger } from '../base/scalar.ts'
import { entryOf } from './node.ts'
import { type Context, LoadError } from './problem.ts'
import type { Source } from './source.ts'

/** A text as written in a file, without the blanks around it. */
export interface Part {
  readonly text: string
  readonly source: Source
  readonly node: ScalarNode
}

/**
 * Reads the keys of one mapping.
 *
 * @throws LoadError where a value is missing or of another kind.
 */
export class Reader {
  readonly node: MappingNode
  readonly context: Context

  constructor(node: MappingNode, context: Context) {
    this.node = node
    this.context = context
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined
  }

  required(key: string): Entry {
    const entry = this.entry(key)
    if (!entry) throw new LoadError('LOAD_ERR_YAML_VALIDATE', `Item has no mapping for key '${key}'`, this.context)
    return entry
  }

  /** The value of a key that must be given, as text. */
  text(key: string): string {
    return this.scalar(key, this.required(key)).text
  }

  part(key: string): Part {
    const node = this.scalar(key, this.required(key))
    return { text: node.text.trim(), source: this.context.source, node }
  }

  optionalText(key: string): string | undefined {
    return this.optional(key)?.text
  }

  boolean(key: string): boolean | undefined {
    return this.decoded(key, toBoolean)
  }

  integer(key: string): number | undefined {
    return this.decoded(key, (text) => {
      const value = toInteger(text)
      return value !== undefined && value >= 0 ? value : undefined
    })
  }

  /** The texts of a sequence, undefined where the key is not given or empty. */
  texts(key: string): string[] | undefined {
    const entry = this.entry(key)
    return entry && !isNull(entry.value) ? this.sequence(key, entry.value).map((item) => this.element(key, item)) : undefined
  }

  /** A text, or the texts of a sequence. */
  textOrTexts(key: string): string | readonly string[] | undefined {
    const entry = this.entry(key)
    if (!entry || isNull(entry.value)) return undefined
    return entry.value.kind === 'sequence' ? this.texts(key) : this.scalar(key, entry).text
  }

  sequence(key: string, node: Node): readonly Node[] {
    if (node.kind !== 'sequence') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a sequence', this.at(key, node))
    return node.items
  }

  /** The place of the value of `key`. */
  at(key: string, node: Node): Context {
    return this.context.within('value for', key, node.at)
  }

  entry(key: string): Entry | undefined {
    return entryOf(this.node, key)
  }

  private optional(key: string): ScalarNode | undefined {
    const entry = this.entry(key)
    return entry && !isNull(entry.value) ? this.scalar(key, entry) : undefined
  }

  private decoded<T>(key: string, decode: (text: string) => T | undefined): T | undefined {
    const node = this.optional(key)
    if (!node) return undefined
    const value = decode(node.text)
    if (value === undefined) throw new LoadError('LOAD_ERR_YAML_VALIDATE', "Can't decode YAML scalar value", this.at(key, node))
    return value
  }

  private scalar(key: string, entry: Entry): ScalarNode {
    const { value } = entry
    if (isNull(value)) throw new LoadError('LOAD_ERR_YAML_VALIDATE', `Mapping for key '${key}' is empty`, this.at(key, entry.key))
    if (value.kind !== 'scalar') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a scalar value', this.at(key, value))
    if (value.text === '') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value must be non-empty', this.at(key, value))
    return value
  }

  private element(key: string, node: Node): string {
    if (node.kind !== 'scalar') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value is not a scalar value', this.at(key, node))
    if (node.text === '' && node.isPlain) throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Value must be non-empty', this.at(key, node))
    return node.text
  }
}
