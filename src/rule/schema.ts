import { isNull, type Node } from '../base/node.ts'
import { parsePriority, priorityNames } from '../base/priority.ts'
import { toBoolean, toInteger } from '../base/scalar.ts'
import { alternativeKeys, exceptionKeys, itemKinds, type Key, requirementKeys, type ValueKind } from './keys.ts'

// Any item may have any key, as in the schema that rules files have been written against; which keys an item of its kind
// knows is checked when it is read.
const itemKeys: readonly Key[] = [...new Map(itemKinds.flatMap(({ keys }) => keys.map((key) => [key.name, key] as const))).values()]
const overridable: ReadonlySet<string> = new Set(itemKeys.filter(({ canReplace }) => canReplace).map(({ name }) => name))

const maxProblems = 1000

type Check = (node: Node, path: string, problems: string[]) => void
type JsonSchema = { readonly [key: string]: unknown }

interface KindRow {
  readonly check: Check
  readonly schema: () => JsonSchema
}

const operation = scalar("'append' or 'replace'", (text) => text === 'append' || text === 'replace')
const anyText: JsonSchema = { type: ['string', 'number', 'boolean'] }
const texts = sequence(scalar('text', () => true))

const kinds: { readonly [K in ValueKind]: KindRow } = {
  text: { check: scalar('text', () => true), schema: () => anyText },
  version: { check: scalar('a version', () => true), schema: () => ({ type: ['string', 'integer'] }) },
  priority: {
    check: scalar('a priority', (text) => parsePriority(text) !== undefined),
    schema: () => ({ type: 'string', pattern: `^(?:${[...priorityNames, 'Info'].map(anyCase).join('|')})$` }),
  },
  boolean: { check: scalar('a boolean', (text, isPlain) => isPlain && toBoolean(text) !== undefined), schema: () => ({ type: 'boolean' }) },
  integer: {
    check: scalar('an integer', (text, isPlain) => isPlain && toInteger(text) !== undefined),
    schema: () => ({ type: 'integer', minimum: 0 }),
  },
  texts: { check: texts, schema: () => ({ type: 'array', items: anyText }) },
  'text or texts': {
    check: (node, path, problems) => (node.kind === 'sequence' ? texts : kinds.text.check)(node, path, problems),
    schema: () => ({ anyOf: [anyText, { type: 'array', items: anyText }] }),
  },
  override: {
    check: mapping((key) => (overridable.has(key) ? operation : undefined)),
    schema: () => {
      const operations = (key: Key) => ({ enum: key.canAppend ? ['append', 'replace'] : ['replace'] })
      return objectSchema(itemKeys.filter(({ name }) => overridable.has(name)).map((key) => [key.name, operations(key)]))
    },
  },
  exceptions: { check: sequence(keyed(exceptionKeys)), schema: () => ({ type: 'array', items: keyedSchema(exceptionKeys) }) },
  requirements: { check: sequence(keyed(requirementKeys)), schema: () => ({ type: 'array', items: keyedSchema(requirementKeys) }) },
  alternatives: { check: sequence(keyed(alternativeKeys)), schema: () => ({ type: 'array', items: keyedSchema(alternativeKeys) }) },
  'exception values': { check: sequence(() => {}), schema: () => ({ type: 'array' }) },
}

const checkItems = sequence(keyed(itemKeys))

/** What of a rules file does not fit the schema, each with its place; empty if all does. */
export function schemaProblems(documents: readonly Node[]): readonly string[] {
  const problems: string[] = []
  for (const document of documents) checkItems(document, '<root>', problems)
  return problems.slice(0, maxProblems)
}

/** The JSON schema (draft 7) of rules files. */
export function ruleSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rules file',
    type: 'array',
    items: keyedSchema(itemKeys),
  }
}

function scalar(what: string, isValid: (text: string, isPlain: boolean) => boolean): Check {
  return (node, path, problems) => {
    if (isNull(node) || (node.kind === 'scalar' && isValid(node.text, node.isPlain))) return
    problems.push(`${path}: expected ${what}`)
  }
}

function sequence(check: Check): Check {
  return (node, path, problems) => {
    if (isNull(node)) return
    if (node.kind !== 'sequence') problems.push(`${path}: expected a list`)
    else {
      for (let i = 0; i < node.items.length && problems.length < maxProblems; i++) check(node.items[i] as Node, `${path}[${i}]`, problems)
    }
  }
}

function mapping(checkOf: (key: string) => Check | undefined): Check {
  return (node, path, problems) => {
    if (isNull(node)) return
    if (node.kind !== 'mapping') {
      problems.push(`${path}: expected a mapping`)
      return
    }
    for (const { key, value } of node.entries) {
      const name = key.kind === 'scalar' ? key.text : ''
      const check = checkOf(name)
      if (check) check(value, `${path}.${name}`, problems)
      else problems.push(`${path}: unknown key '${name}'`)
    }
  }
}

function keyed(keys: readonly Key[]): Check {
  const byName = new Map(keys.map(({ name, kind }) => [name, kind]))
  return mapping((name) => {
    const kind = byName.get(name)
    return kind && kinds[kind].check
  })
}

function keyedSchema(keys: readonly Key[]): JsonSchema {
  return objectSchema(keys.map(({ name, kind, help }) => [name, { description: help, ...kinds[kind].schema() }]))
}

function objectSchema(properties: readonly (readonly [string, JsonSchema])[]): JsonSchema {
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) }
}

function anyCase(word: string): string {
  return [...word].map((char) => `[${char.toUpperCase()}${char.toLowerCase()}]`).join('')
}
