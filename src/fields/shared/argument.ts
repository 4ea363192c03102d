import { addressText } from '../../base/address.ts'
import { type BufferFormat, numberText, printable, toBase64 } from '../../base/bytes.ts'
import { errnoName } from '../../base/errno.ts'
import { joinPath } from '../../base/path.ts'
import { signalName } from '../../base/signal.ts'
import { dateTime } from '../../base/timestamp.ts'
import { Event, recordHeaderBytes } from '../../event/event.ts'
import { codeOf, kindName, kindOfSyscall, type ParamInfo } from '../../schema/event.ts'
import type { ParamType } from '../../schema/params.ts'
import { sockaddrText, tupleText } from './address.ts'
import { enumText, fdText, flagsText, typeChar } from './names.ts'
import { signedParam, unsignedParam } from './params.ts'

/** What stands for a parameter that the event does not carry. */
export const missing = '<NA>'

const currentDir = -100
const nobody = 0xffff_ffff
const slash = 47
// Any event that is not generic and not large will do.
const partType = codeOf('SYSCALL_CLOSE_X')

/**
 * One parameter as `evt.args` writes it: the value, and in parentheses what it means, if that says more.
 *
 * Both are byte strings; the meaning is '' where there is none.
 */
export interface Argument {
  readonly value: string
  readonly meaning: string
}

type Describe = (event: Event, index: number, param: ParamInfo, buffers: BufferFormat) => Argument

/** Text and meaning of parameter `index`. */
export function describeParam(event: Event, index: number, param: ParamInfo, buffers: BufferFormat): Argument {
  if (event.lengthOf(index) === 0) return plain(param.type === 'BYTEBUF' && index < event.paramCount ? 'NULL' : missing)
  return describers[param.type](event, index, param, buffers)
}

/** Parameter `index` as `evt.arg` shows it: what it means, or its value where it means nothing more. */
export function paramText(event: Event, index: number, param: ParamInfo, buffers: BufferFormat): string {
  if (event.lengthOf(index) > 0) {
    const quick = quickTexts[param.type]?.(event, index, param)
    if (quick !== undefined) return quick
  }
  const { value, meaning } = describeParam(event, index, param, buffers)
  return meaning === '' ? value : meaning
}

// The common arguments of rules, without an object for two texts; undefined where the full way has to be gone.
type Quick = (event: Event, index: number, param: ParamInfo) => string | undefined

const quickPath: Quick = (event, index) => {
  const value = textParam(event, index)
  return value.charCodeAt(0) === slash ? sanitized(value) : undefined
}
const quickFlags: Quick = (event, index, { flags }) => (flags ? flagsText(flags, event.uint(index)) || undefined : undefined)

const quickTexts: Partial<Record<ParamType, Quick>> = {
  CHARBUF: (event, index) => sanitized(textParam(event, index)),
  FSPATH: quickPath,
  FSRELPATH: quickPath,
  FLAGS8: quickFlags,
  FLAGS16: quickFlags,
  FLAGS32: quickFlags,
  MODE: quickFlags,
}

/** The buffer as outputs show it. */
export function bufferText(bytes: string, buffers: BufferFormat): string {
  return buffers === 'base64' ? toBase64(bytes) : printable(bytes)
}

// Old drivers write this for a null pointer.
const nullText = '(NULL)'

/** A text parameter; `<NA>` for a null pointer. */
export function textParam(event: Event, index: number): string {
  const text = event.text(index)
  return text === undefined || text === nullText ? missing : text
}

const control = /[\x00-\x1f\x7f]/
const controls = /[\x00-\x1f\x7f]/g
// U+FFFD in UTF-8.
const replacement = '\xef\xbf\xbd'

/** Text with each control character replaced, so that it cannot forge lines of a log. */
function sanitized(text: string): string {
  return control.test(text) ? text.replace(controls, replacement) : text
}

/** The name of a descriptor as outputs show it. */
export function shownName(name: string): string {
  // Old drivers took the end of the line in /proc/net/unix for a part of a socket's name. Conditions see it, as in Falco.
  return sanitized(name.endsWith('\n') ? name.slice(0, -1) : name)
}

const signed: Describe = (event, index, param) => plain(numberText(signedParam(event, index), param.format, event.lengthOf(index)))
const unsigned: Describe = (event, index, param) => plain(numberText(unsignedParam(event, index), param.format))
const text: Describe = (event, index) => plain(sanitized(textParam(event, index)))
const pieces: Describe = (event, index) => plain(event.raw(index).replace(/\0$/, '').replaceAll('\0', ' '))

const errno: Describe = (event, index) => {
  const value = signedParam(event, index)
  return { value: String(value), meaning: value < 0 ? errnoText(value) : '' }
}

const fd: Describe = (event, index) => {
  const num = event.int(index)
  const value = String(signedParam(event, index))
  if (num === currentDir) return { value, meaning: 'AT_FDCWD' }
  if (num < 0) return { value, meaning: errnoText(num) }
  const found = event.thread?.fds.get(num)
  return { value, meaning: found === undefined ? '' : shownName(fdText(found)) }
}

const pid: Describe = (event, index) => {
  const value = signedParam(event, index)
  const comm = value <= 0 ? undefined : event.threads?.find(Number(value))?.comm
  return { value: String(value), meaning: comm ?? '' }
}

const uid: Describe = (event, index) => {
  const id = event.uint(index)
  if (id === nobody) return { value: '-1', meaning: '<NONE>' }
  return { value: String(id), meaning: event.thread?.userOf(id)?.name ?? '' }
}

const gid: Describe = (event, index) => {
  const id = event.uint(index)
  if (id === nobody) return { value: '-1', meaning: '<NONE>' }
  return { value: String(id), meaning: event.thread?.groupOf(id)?.name ?? '' }
}

const path: Describe = (event, index, param) => {
  const text = textParam(event, index)
  const value = sanitized(text)
  if (value === missing) return plain(missing)
  const full = value === text ? fullPath(event, index, value, param) : absolutePath(event, value, param)
  return { value, meaning: full === value || full === undefined ? '' : full }
}

const buffer: Describe = (event, index, _param, buffers) => plain(bufferText(event.raw(index), buffers))
const sockaddr: Describe = (event, index) => plain(sanitized(sockaddrText(event.raw(index))))
const tuple: Describe = (event, index) => plain(tupleText(event.raw(index)))
const address: Describe = (event, index) => plain(addressText(event.raw(index)))

const flags: Describe = (event, index, param) => {
  const value = event.uint(index)
  return { value: String(value), meaning: param.flags ? flagsText(param.flags, value) : '' }
}

const mode: Describe = (event, index, param) => {
  const value = event.uint(index)
  return { value: numberText(value, 'OCT'), meaning: param.flags ? flagsText(param.flags, value) : '' }
}

const choice: Describe = (event, index, param) => {
  const value = event.uint(index)
  return { value: String(value), meaning: param.flags ? enumText(param.flags, value) : '' }
}

const fdList: Describe = (event, index) => {
  const bytes = Buffer.from(event.raw(index), 'latin1')
  const items: string[] = []
  for (let at = 2; at + 10 <= bytes.length; at += 10) {
    const num = bytes.readBigInt64LE(at)
    const fd = event.thread?.fds.get(Number(num))
    // Falco reads the events as a signed number of 2 bytes, and shows it as one of 4.
    const waits = (bytes.readInt16LE(at + 8) >>> 0).toString(16)
    items.push(`${BigInt.asUintN(64, num)}:${fd === undefined ? '?' : typeChar(fd)}${waits}`)
  }
  return plain(items.join(' '))
}

const syscall: Describe = (event, index) => {
  const sc = event.uint(index)
  return { value: String(sc), meaning: kindName(kindOfSyscall(sc)) }
}

const signal: Describe = (event, index) => {
  const number = event.uint(index)
  return { value: String(number), meaning: signalName(number) ?? '' }
}

// The names of the signals that are in the set, by number.
const signalSet: Describe = (event, index) => {
  const set = event.uint(index)
  const names: string[] = []
  for (let number = 1; number <= 32; number++) {
    const name = ((set >>> (number - 1)) & 1) === 0 ? undefined : signalName(number)
    if (name !== undefined) names.push(name)
  }
  return plain(names.join(' '))
}

const span: Describe = (event, index) => {
  const ns = event.big(index)
  return { value: String(ns), meaning: `${shortNumber(Number(ns) / 1e9)}s` }
}

// As C's %g: six significant digits, and at least two in an exponent.
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6))).replace(/e([+-])(\d)$/, 'e$10$2')
}

const time: Describe = (event, index) => {
  const ns = event.big(index)
  return { value: String(ns), meaning: ns === 0n ? '' : dateTime(ns) }
}

const bool: Describe = (event, index) => plain(event.uint(index) === 0 ? 'false' : 'true')

const protocols = ['unknown', 'na', 'tcp', 'udp', 'icmp', 'raw']
const protocol: Describe = (event, index) => plain(protocols[event.uint(index)] ?? 'unknown')

const double: Describe = (event, index) => {
  const bytes = Buffer.from(event.raw(index), 'latin1')
  return plain(bytes.length === 8 ? String(bytes.readDoubleLE(0)) : missing)
}

// The first byte says which type the rest is of.
const dynamic: Describe = (event, index, param, buffers) => {
  const offset = event.offsetOf(index)
  const inner = param.dynamic?.[event.bytes[offset] ?? 0]
  if (inner === undefined) return plain(missing)
  return describeParam(partOf(event, offset + 1, event.lengthOf(index) - 1), 0, { name: param.name, ...inner }, buffers)
}

const describers: Readonly<Record<ParamType, Describe>> = {
  NONE: text,
  INT8: signed,
  INT16: signed,
  INT32: signed,
  INT64: signed,
  UINT8: unsigned,
  UINT16: unsigned,
  UINT32: unsigned,
  UINT64: unsigned,
  CHARBUF: text,
  BYTEBUF: buffer,
  ERRNO: errno,
  SOCKADDR: sockaddr,
  SOCKTUPLE: tuple,
  FD: fd,
  PID: pid,
  FDLIST: fdList,
  FSPATH: path,
  SYSCALLID: syscall,
  SIGTYPE: signal,
  RELTIME: span,
  ABSTIME: time,
  PORT: unsigned,
  L4PROTO: protocol,
  SOCKFAMILY: choice,
  BOOL: bool,
  IPV4ADDR: address,
  DYN: dynamic,
  FLAGS8: flags,
  FLAGS16: flags,
  FLAGS32: flags,
  UID: uid,
  GID: gid,
  DOUBLE: double,
  SIGSET: signalSet,
  CHARBUFARRAY: pieces,
  CHARBUF_PAIR_ARRAY: pieces,
  IPV4NET: address,
  IPV6ADDR: address,
  IPV6NET: address,
  IPADDR: address,
  IPNET: address,
  MODE: mode,
  FSRELPATH: path,
  ENUMFLAGS8: choice,
  ENUMFLAGS16: choice,
  ENUMFLAGS32: choice,
  FD32: fd,
  PID32: pid,
}

/** The full path of a path parameter; undefined where the directory that it is relative to is not known. */
export function absolutePath(event: Event, name: string, param: ParamInfo): string | undefined {
  if (name.charCodeAt(0) === slash) return name
  const dir = directoryOf(event, param)
  return dir === undefined || dir === '' ? undefined : joinPath(dir, name)
}

/** The same of parameter `index`, which says `name`: found once an event. */
export function fullPath(event: Event, index: number, name: string, param: ParamInfo): string | undefined {
  if (event.joinedIndex === index) return event.joinedPath
  const path = absolutePath(event, name, param)
  if (path === undefined) return undefined
  event.joinedPath = path
  event.joinedIndex = index
  return path
}

/** Whether the directory that a path parameter is relative to is one that was seen (its name may be empty). */
export function isDirectoryKnown(event: Event, param: ParamInfo): boolean {
  return event.thread === undefined || directoryOf(event, param) !== undefined
}

/** The directory that a path parameter is relative to. */
export function directoryOf(event: Event, param: ParamInfo): string | undefined {
  const num = param.dirfdParam === undefined ? currentDir : event.int(param.dirfdParam)
  return num === currentDir ? event.thread?.cwd : event.thread?.fds.get(num)?.name
}

// A part of a parameter as the only parameter of an event, so that it can be read like any other.
function partOf(event: Event, offset: number, length: number): Event {
  const bytes = Buffer.alloc(recordHeaderBytes + 2 + length)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(partType, 28)
  bytes.writeUInt32LE(1, 30)
  bytes.writeUInt16LE(length, recordHeaderBytes)
  event.bytes.copy(bytes, recordHeaderBytes + 2, offset, offset + length)
  const part = new Event()
  part.attach({ bytes, length: bytes.length })
  part.moveTo(0)
  part.thread = event.thread
  part.threads = event.threads
  return part
}

function plain(value: string): Argument {
  return { value, meaning: '' }
}

function errnoText(value: number | bigint): string {
  return errnoName(Number(-value)) ?? ''
}
