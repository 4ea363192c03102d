import type { KeyRow } from './keys.ts'
import { rootShape, type Shape } from './shape.ts'

/** The JSON schema (draft 07) of falco.yaml, made from the key table. */
export function configSchema(): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'falco.yaml', ...ofShape(rootShape) }
}

function ofShape({ children }: Shape): object {
  const properties = Object.fromEntries([...children].map(([name, child]) => [name, ofChild(name, child)]))
  return { type: 'object', additionalProperties: false, properties }
}

function ofChild(name: string, shape: Shape): object {
  if (!shape.row) return ofShape(shape)
  const [, type, fallback, help] = shape.row
  const about = { description: help, ...(fallback === undefined ? {} : { default: fallback }) }
  if (type === 'list') return { ...about, ...ofList(name, shape) }
  return { ...about, ...ofType(shape.row) }
}

function ofList(name: string, { element }: Shape): object {
  const text = { type: 'string' }
  if (!element) return { type: 'array', items: { anyOf: [text, { type: 'object', additionalProperties: text }] } }
  if (name !== 'config_files') return { type: 'array', items: ofShape(element) }
  return { anyOf: [text, { type: 'array', items: { anyOf: [text, ofShape(element)] } }] }
}

function ofType([, type, , , extra]: KeyRow): object {
  const limits = {
    ...(extra?.min === undefined ? {} : { minimum: extra.min }),
    ...(extra?.max === undefined ? {} : { maximum: extra.max }),
  }
  const byType: Readonly<Record<typeof type, object>> = {
    boolean: { type: 'boolean' },
    integer: { type: 'integer', ...limits },
    number: { type: 'number', ...limits },
    string: { type: 'string', ...(extra?.values ? { enum: extra.values } : {}) },
    strings: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    list: { type: 'array' },
    any: {},
  }
  return byType[type]
}
