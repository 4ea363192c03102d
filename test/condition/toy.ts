import { Fault } from '../../src/base/fault.ts'
import { type CheckCache, type CheckResult, checkCondition } from '../../src/condition/check.ts'
import type { Checked } from '../../src/condition/checked.ts'
import { type Catalogue, type Field, noteLimit, type Subjects } from '../../src/condition/field.ts'
import { expandMacros } from '../../src/condition/macros.ts'
import { parseCondition } from '../../src/condition/parse.ts'

/** An event of the toy world, of which conditions are tested without knowing any real field. */
export interface ToyEvent {
  readonly kind: number
  readonly name?: string
  readonly path?: string
  readonly parent?: string
  readonly size?: number | bigint
  readonly result?: number | bigint
  readonly ok?: boolean
  readonly data?: string
  readonly address?: string
  readonly addresses?: readonly string[]
  readonly port?: number
  readonly ports?: readonly number[]
  readonly tags?: readonly string[]
  readonly ancestors?: readonly string[]
  readonly load?: number
}

export const kindNames = ['open', 'close', 'connect', 'exec']

const help = 'A toy.'

export const fields: readonly Field<ToyEvent>[] = [
  {
    name: 'toy.type',
    type: 'CHARBUF',
    help,
    get: (e) => kindNames[e.kind],
    ofKind: (kind) => ({ value: kindNames[kind] }),
    accepts: (literal) => kindNames.includes(literal),
  },
  { name: 'toy.is_file', type: 'BOOL', help, get: (e) => e.kind < 2, ofKind: (kind) => ({ value: kind < 2 }) },
  { name: 'toy.name', type: 'CHARBUF', help, get: (e) => e.name },
  { name: 'toy.parent', type: 'CHARBUF', help, get: (e) => e.parent },
  { name: 'toy.path', type: 'FSPATH', help, get: (e) => e.path, ofSubject: isOpened },
  { name: 'toy.size', type: 'UINT32', help, get: (e) => e.size, ofSubject: isOpened },
  { name: 'toy.result', type: 'INT64', help, get: (e) => e.result },
  { name: 'toy.ok', type: 'BOOL', help, get: (e) => e.ok },
  { name: 'toy.data', type: 'BYTEBUF', help, get: (e) => e.data },
  { name: 'toy.ip', type: 'IPADDR', help, get: (e) => e.address },
  { name: 'toy.net', type: 'IPNET', help, get: (e) => e.address },
  { name: 'toy.ips', type: 'IPADDR', help, flags: ['no_rhs', 'no_transformer'], isEither: true, get: (e) => e.addresses },
  { name: 'toy.nets', type: 'IPNET', help, flags: ['no_rhs', 'no_transformer'], isEither: true, get: (e) => e.addresses },
  { name: 'toy.port', type: 'PORT', help, get: (e) => e.port },
  { name: 'toy.ports', type: 'PORT', help, flags: ['no_rhs', 'no_transformer'], isEither: true, get: (e) => e.ports },
  { name: 'toy.tags', type: 'CHARBUF', help, flags: ['list'], get: (e) => e.tags, ofSubject: isOpened },
  {
    name: 'toy.above',
    type: 'CHARBUF',
    help,
    flags: ['no_rhs', 'no_transformer'],
    isAny: true,
    arg: { required: false, kind: 'index' },
    get: (e) => e.ancestors,
    at: (arg) => (e) => e.ancestors?.[Number(arg)],
  },
  { name: 'toy.line', type: 'CHARBUF', help, get: (e) => e.tags?.join(' '), haystack: (e) => e.tags?.join('\0') },
  { name: 'toy.load', type: 'DOUBLE', help, get: (e) => e.load },
  { name: 'toy.old', type: 'CHARBUF', help, flags: ['deprecated'], get: () => undefined },
  { name: 'toy.shown', type: 'CHARBUF', help, flags: ['print_only'], get: () => undefined },
  { name: 'toy.arg', type: 'CHARBUF', help, arg: { required: true, kind: 'either' }, at: argument },
  {
    name: 'toy.raw',
    type: 'DYN',
    help,
    arg: { required: true, kind: 'key' },
    at: argument,
    typeAt: (arg) => (arg === 'size' ? 'UINT32' : 'CHARBUF'),
  },
  { name: 'ka.verb', type: 'CHARBUF', help, get: (e) => e.name },
]

function argument(arg: string): (event: ToyEvent) => string | number | bigint | undefined {
  if (arg === 'name') return (e) => e.name
  if (arg === 'size') return (e) => e.size
  throw new Fault('field-argument', `${arg} is not a valid number`)
}

/** Events of the first two kinds are about a thing with a path, a size and tags, and others may be about the same. */
function isOpened(kind: number): boolean {
  return kind < 2
}

/** Remembers what was noted; counts how often something was. */
export class ToySubjects implements Subjects<ToyEvent> {
  notes = 0
  private readonly words = new Map<string, number>()

  noted(event: ToyEvent, token: number): number {
    const value = (this.words.get(keyOf(event)) ?? 0) - token
    return value >= 0 && value < noteLimit ? value : -1
  }

  note(event: ToyEvent, token: number, value: number): void {
    this.notes++
    this.words.set(keyOf(event), token + value)
  }
}

function keyOf({ kind, path, size, tags }: ToyEvent): string {
  return JSON.stringify([kind < 2, path, String(size), tags])
}

const byName = new Map(fields.map((field) => [field.name, field]))

export const catalogue: Catalogue<ToyEvent> = { find: (name) => byName.get(name), names: [...byName.keys()] }

/** Parses and checks a condition; `macros` maps names to texts, of which each may use those before it. */
export function check(text: string, macros: Readonly<Record<string, string>> = {}, cache?: CheckCache<ToyEvent>): CheckResult<ToyEvent> {
  const known = new Map<string, ReturnType<typeof parseCondition>>()
  const expand = (source: string) => expandMacros(parseCondition(source), (name) => known.get(name))
  for (const [name, source] of Object.entries(macros)) known.set(name, expand(source))
  return checkCondition(expand(text), catalogue, cache)
}

export function checked(text: string, macros?: Readonly<Record<string, string>>): Checked<ToyEvent> {
  const { condition, faults } = check(text, macros)
  if (condition === undefined) throw new Error(faults.map((fault) => fault.message).join('\n'))
  return condition
}
