import { Fault } from '../base/fault.ts'
import { twoColumns } from '../base/layout.ts'
import { print } from '../base/print.ts'
import type { FieldClass } from '../fields/field.ts'
import type { Action } from './command.ts'
import { type ListFormat, listFormat } from './shared/list_format.ts'
import { allSources, type Source } from './shared/sources.ts'

/** `--list`, with `-N`, `--format` and a source. */
export const listFieldsAction: Action = {
  name: 'list',
  isWanted: ({ args }) => args.list !== undefined,
  run: (context) => {
    const { args } = context
    const format = listFormat(args)
    const sources = allSources(context)
    if (args.list && !sources.some(({ name }) => name === args.list)) {
      throw new Fault('source-unknown', `Value for --list must be a valid source type, not '${args.list}'`, {
        hint: `choose one of ${sources.map(({ name }) => name).join(', ')}`,
      })
    }
    const wanted = args.list ? sources.filter(({ name }) => name === args.list) : sources
    return print(fieldListing(wanted, args.names ? 'names' : format)) ? 0 : 1
  },
}

export function fieldListing(sources: readonly Pick<Source, 'name' | 'classes'>[], format: ListFormat | 'names'): string {
  return renderers[format](listedClasses(sources))
}

interface ListedClass {
  readonly name: string
  readonly description: string
  readonly sources: readonly string[]
  readonly fields: FieldClass<never>['fields']
}

// A class that several sources share is listed once. `evt` is another one for each, as the kernel tells more.
function listedClasses(sources: readonly Pick<Source, 'name' | 'classes'>[]): ListedClass[] {
  const byName = new Map<string, ListedClass>()
  for (const source of sources) {
    for (const { name, description, fields } of source.classes) {
      const visible = fields.filter(({ flags }) => !flags?.includes('hidden'))
      const key = `${name} ${visible.length}`
      const known = byName.get(key)
      byName.set(key, { name, description, fields: visible, sources: [...(known?.sources ?? []), source.name] })
    }
  }
  return [...byName.values()]
}

const renderers: Readonly<Record<ListFormat | 'names', (classes: readonly ListedClass[]) => string>> = {
  text: (classes) => classes.map(textClass).join('\n'),
  markdown: (classes) => `# Fields\n\n${classes.map(markdownClass).join('\n')}`,
  names: (classes) => [...new Set(classes.flatMap(({ fields }) => fields.map(({ name }) => `${name}\n`)))].join(''),
  json: (classes) => `${JSON.stringify({ classes: classes.map(jsonClass) }, undefined, 2)}\n`,
}

function textClass({ name, description, sources, fields }: ListedClass): string {
  const head = [
    '-------------------------------',
    row('Field Class:', name),
    row('Description:', description),
    row('Event Sources:', sources.join(', ')),
  ]
  return `${[...head, '', ...fields.map((field) => row(field.name, `(${typeOf(field)}) ${field.help}`))].join('\n')}\n`
}

function markdownClass({ name, description, sources, fields }: ListedClass): string {
  const rows = fields.map((field) => `\`${field.name}\` | ${typeOf(field)} | ${field.help.replaceAll('|', '\\|')}\n`)
  const head = 'Name | Type | Description\n:----|:-----|:-----------\n'
  return `## Field Class: ${name}\n\n${description}\n\nEvent Sources: ${sources.join(', ')}\n\n${head}${rows.join('')}`
}

function jsonClass({ name, description, sources, fields }: ListedClass): object {
  return {
    name,
    description,
    sources,
    fields: fields.map((field) => ({
      name: field.name,
      type: field.type,
      description: field.help,
      flags: field.flags ?? [],
      ...(field.arg ? { argument: field.arg } : {}),
    })),
  }
}

function typeOf({ type, flags }: FieldClass<never>['fields'][number]): string {
  return flags?.includes('list') ? `LIST(${type})` : type
}

function row(left: string, right: string): string {
  return twoColumns(left, right, 30, 120)
}
