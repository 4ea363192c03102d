import { type BufferFormat, toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { closest } from '../../base/suggest.ts'
import type { Value } from '../../condition/field.ts'
import { kindOfType, type ValueKind } from '../../condition/kind.ts'
import type { Event } from '../../event/event.ts'
import { events, genericExit, type ParamInfo } from '../../schema/event.ts'
import type { ParamType } from '../../schema/params.ts'
import type { EventField, FieldOptions } from '../field.ts'
import { describeParam, missing, paramText } from '../shared/argument.ts'
import { infoOf, ofOpened } from '../shared/kinds.ts'
import { paramIndexes } from '../shared/params.ts'
import { rawParam } from '../shared/raw.ts'

const names: ReadonlySet<string> = new Set(events.flatMap((event) => event.params.map((param) => param.name)))

// What a call to open a file was asked; not what it returned, nor the directory's number.
const openedArgs: ReadonlySet<string> = new Set(['name', 'flags', 'mode'])

/** The parameters of the event: all in a line, or one by its name or number. */
export function argFields({ bufferFormat }: FieldOptions): readonly EventField[] {
  return [
    {
      name: 'evt.args',
      type: 'CHARBUF',
      help: 'All arguments of the event, as name=value pairs in a line.',
      get: (e) => argsText(e, bufferFormat),
    },
    {
      name: 'evt.info',
      type: 'CHARBUF',
      help: 'The same as evt.args.',
      get: (e) => argsText(e, bufferFormat),
    },
    {
      name: 'evt.arg',
      type: 'CHARBUF',
      flags: ['ptr_unstable'],
      arg: { required: true, kind: 'either', dotted: names },
      help: 'One argument, by its name or its number from 0, in its readable form: paths in full, flags and errors by name.',
      at: (arg) => argReader(arg, bufferFormat),
      ofSubject: (kind, arg) => ofOpened.ofSubject(kind) && openedArgs.has(arg ?? ''),
    },
    {
      name: 'evt.rawarg',
      type: 'DYN',
      flags: ['no_rhs', 'no_transformer'],
      arg: { required: true, kind: 'either', dotted: names },
      help: 'One argument, by its name, as the number or text that the driver wrote; numbers compare as numbers.',
      at: (arg) => comparable(reader(arg, rawParam), kindOfType(rawType(arg))),
      typeAt: rawType,
      show: (arg) => reader(arg ?? '', shownRaw),
    },
  ]
}

function argsText(event: Event, buffers: BufferFormat): string {
  if (event.type === genericExit) return ''
  let text = ''
  const { params } = infoOf(event)
  const count = Math.min(event.paramCount, params.length)
  for (let index = 0; index < count; index++) {
    const param = params[index] as ParamInfo
    const { value, meaning } = describeParam(event, index, param, buffers)
    text += `${index === 0 ? '' : ' '}${param.name}=${value}${meaning === '' ? '' : `(${meaning})`}`
  }
  return text
}

type Reader = (event: Event) => Value

function argReader(arg: string, buffers: BufferFormat): Reader {
  return reader(arg, (event, index, param) => paramText(event, index, param, buffers))
}

// Events differ in what stands under a name or a number: conditions get the kind of value that they were checked for.
function comparable(read: Reader, kind: ValueKind): Reader {
  return (event) => {
    const value = read(event)
    if (value === undefined || typeof value === 'string') return kind === 'text' || kind === 'bytes' ? value : undefined
    if (kind === 'text') return String(value)
    return (kind === 'bool') === (typeof value === 'boolean') && kind !== 'bytes' ? value : undefined
  }
}

function reader(arg: string, read: (event: Event, index: number, param: ParamInfo) => Value): Reader {
  if (/^\d{1,3}$/.test(arg)) {
    const index = Number(arg)
    return (event) => {
      const param = infoOf(event).params[index]
      return param === undefined ? undefined : read(event, index, param)
    }
  }
  checkName(arg)
  const indexes = paramIndexes(arg)
  return (event) => {
    const index = indexes[event.type] ?? -1
    return index < 0 ? undefined : read(event, index, infoOf(event).params[index] as ParamInfo)
  }
}

function checkName(arg: string): void {
  if (names.has(arg)) return
  const near = closest(arg, names)
  const way = near === undefined ? 'eyas --list-events shows the arguments of each event' : `did you mean ${near}?`
  throw new Fault('field-argument', `${arg} is not a valid number`, { hint: `no event has an argument of that name; ${way}` })
}

const texts: ReadonlySet<ParamType> = new Set(['CHARBUF', 'FSPATH', 'FSRELPATH', 'SOCKADDR', 'SOCKTUPLE', 'FDLIST'])

// Events differ in the width of a parameter (`flags` has 8 to 32 bits): the widest number is taken for all numbers.
function rawType(arg: string): ParamType {
  const index = Number(arg)
  if (!Number.isInteger(index)) checkName(arg)
  const param = events.flatMap((event) => event.params).find((known) => known.name === arg)
  if (param === undefined || texts.has(param.type)) return 'CHARBUF'
  const { type } = param
  const isNumber = !['BYTEBUF', 'BOOL', 'DOUBLE', 'DYN', 'CHARBUFARRAY', 'CHARBUF_PAIR_ARRAY', 'IPV4ADDR', 'IPV6ADDR'].includes(type)
  return isNumber || type === 'DYN' ? 'INT64' : type
}

function emptyRaw({ type }: ParamInfo): Value {
  if (type === 'BYTEBUF') return ''
  return texts.has(type) ? missing : 0
}

// Outputs show 0 for a number that the event does not carry, and numbers in the format of their parameter.
function shownRaw(event: Event, index: number, param: ParamInfo): Value {
  const value = rawParam(event, index, param)
  if (value === undefined) return emptyRaw(param)
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  if (isNumber && param.format === 'HEX') return toHex(value, event.lengthOf(index))
  return isNumber && param.format === 'OCT' ? value.toString(8) : value
}
