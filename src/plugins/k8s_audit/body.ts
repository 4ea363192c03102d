import { isUtf8 } from 'node:buffer'
import { Fault } from '../../base/fault.ts'
import { shorten, toByteString } from '../../base/text.ts'
import { isObject, type Json, textOf } from '../shared/json.ts'
import { endOfString, excessOf } from './depth.ts'
import type { AuditDocument } from './document.ts'
import { type AuditItem, type ExactSource, timeOf } from './event.ts'

/** What a body had in it. */
export interface Body {
  readonly items: readonly AuditItem[]
  /** How many events are none, and why the first of them. */
  readonly malformed: number
  readonly problem: string | undefined
}

// An array may hold lists; what is deeper is no way to send events.
const maxNesting = 4

/**
 * Reads the events of a body: an Event, an EventList, an array of these, or several of them, one after the other.
 *
 * `maxParts`: how many objects and arrays it may have; what a stranger sends should not take all memory.
 *
 * @throws Fault `audit-body` where nothing of it can be read.
 */
export function readBody(bytes: Buffer, maxParts = 1_000_000): Body {
  if (!isUtf8(bytes)) throw new Fault('audit-body', 'the body is no UTF-8 text')
  const excess = excessOf(bytes, maxParts)
  if (excess !== undefined) throw new Fault('audit-body', `the body cannot be read: ${excess}`)
  const collector = new Collector(bytes)
  const values = parseValues(bytes, collector)
  for (const value of values) collector.take(value, 0, false)
  return collector
}

class Collector implements Body, ExactSource {
  readonly items: AuditItem[] = []
  malformed = 0
  problem: string | undefined = undefined
  private readonly bytes: Buffer
  private exacts: readonly Json[] | undefined = undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  refuse(problem: string): void {
    this.malformed++
    this.problem ??= problem
  }

  /** `isListed`: in an EventList, whose items do not say what they are. */
  take(value: Json, depth: number, isListed: boolean): void {
    const problem = this.enter(value, depth, isListed)
    if (problem !== undefined) this.refuse(problem)
  }

  // The reason why it is none.
  private enter(value: Json, depth: number, isListed: boolean): string | undefined {
    if (Array.isArray(value)) return this.enterAll(value, depth, false)
    if (!isObject(value)) return 'an event is an object'
    const kind = Object.hasOwn(value, 'kind') ? value.kind : undefined
    if (kind === 'Event' || (kind === undefined && isListed)) return this.addEvent(value as AuditDocument)
    if (kind !== 'EventList') return `kind is Event or EventList, not ${shortJson(kind)}`
    const items = value.items ?? []
    return Array.isArray(items) ? this.enterAll(items, depth, true) : 'items of an EventList are an array'
  }

  private enterAll(values: readonly Json[], depth: number, isListed: boolean): string | undefined {
    if (depth >= maxNesting) return 'lists are nested too deep'
    for (const value of values) this.take(value, depth + 1, isListed)
    return undefined
  }

  private addEvent(document: AuditDocument): string | undefined {
    const time = timeOf(document)
    if (time === undefined) return `stageTimestamp is a time as RFC 3339 has it, not ${shortJson(document.stageTimestamp)}`
    this.items.push({ document, time, source: this, index: this.items.length })
    return undefined
  }

  exact(index: number): Json {
    if (this.exacts === undefined) {
      const again = new Collector(this.bytes)
      for (const value of parseValues(this.bytes, again, exactNumber)) again.take(value, 0, false)
      this.exacts = again.items.map(({ document }) => document as Json)
    }
    return this.exacts[index] ?? null
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

// Numbers as they were written, where JavaScript would round them.
const exactNumber: Reviver = (_, value, context) =>
  typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER ? (context?.source ?? value) : value

function parseValues(bytes: Buffer, collector: Collector, reviver?: Reviver): Json[] {
  // JSON has its own characters in ASCII, so that bytes taken for characters parse to byte strings, which is what we want.
  const text = bytes.latin1Slice()
  const hasEscapes = bytes.includes('\\u') && beyondAscii.test(text)
  const parse = hasEscapes ? (part: string) => parseUnicode(part, reviver) : (part: string) => JSON.parse(part, reviver) as Json
  const whole = attempt(parse, text)
  if (whole !== undefined) return [whole]
  const values: Json[] = []
  for (const part of partsOf(bytes, (line) => isEventLike(attempt(parse, line)))) {
    const value = attempt(parse, part)
    if (value === undefined) collector.refuse(`'${shorten(part, 40)}' is no JSON`)
    else values.push(value)
  }
  if (values.length === 0 && collector.malformed === 0) collector.refuse('the body is empty')
  return values
}

// Lines, where some line is an event by itself: one that is cut off does not take others with it then.
function partsOf(bytes: Buffer, isEvent: (line: string) => boolean): string[] {
  const lines = linesOf(bytes)
  if (lines.length < 2 || !lines.some((line) => isEvent(line.latin1Slice()))) return [...splitValues(bytes)]
  return lines.flatMap((line) => [...splitValues(line)])
}

function isEventLike(value: Json | undefined): boolean {
  const first = Array.isArray(value) ? (value[0] as Json | undefined) : value
  return isObject(first) && first.kind !== undefined
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline
    if (end > start) lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}

function attempt(parse: (text: string) => Json, text: string): Json | undefined {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

// An escape of a character that takes more than one byte.
const beyondAscii = /\\u(?!00[0-7])/

function parseUnicode(part: string, reviver: Reviver | undefined): Json {
  return byteStrings(JSON.parse(Buffer.from(part, 'latin1').utf8Slice(), reviver) as Json)
}

function byteStrings(value: Json): Json {
  if (typeof value === 'string') return toByteString(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map(byteStrings)
  const entries = Object.entries(value).map(([key, child]) => [toByteString(key), byteStrings(child as Json)] as const)
  return Object.fromEntries(entries)
}

/** The JSON values that follow each other, each as text; what stands between objects and arrays is a value of its own. */
function* splitValues(bytes: Buffer): Generator<string> {
  let depth = 0
  let start = 0
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes[at]
    if (char === 0x22) at = endOfString(bytes, at)
    else if (char === 0x7b || char === 0x5b) {
      if (depth++ === 0) {
        yield* nonEmpty(bytes, start, at)
        start = at
      }
    } else if ((char === 0x7d || char === 0x5d) && depth > 0) {
      if (--depth === 0) {
        yield* nonEmpty(bytes, start, at + 1)
        start = at + 1
      }
    }
  }
  yield* nonEmpty(bytes, start, bytes.length)
}

function* nonEmpty(bytes: Buffer, start: number, end: number): Generator<string> {
  const text = bytes.latin1Slice(start, end).trim()
  if (text !== '') yield text
}

function shortJson(value: Json | undefined): string {
  return value === undefined ? 'missing' : shorten(textOf(value) ?? 'null', 40)
}
