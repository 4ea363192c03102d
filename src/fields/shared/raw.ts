import type { Value } from '../../condition/field.ts'
import { canonical } from '../../condition/literals.ts'
import type { Event } from '../../event/event.ts'
import type { ParamInfo } from '../../schema/event.ts'
import type { ParamType } from '../../schema/params.ts'
import { sockaddrText, tupleText } from './address.ts'
import { missing, textParam } from './argument.ts'
import { signedParam, unsignedParam } from './params.ts'

type Read = (event: Event, index: number) => Value

const signed: Read = signedParam
const bytes: Read = (event, index) => event.raw(index)
const text: Read = textParam

const readers: Partial<Record<ParamType, Read>> = {
  NONE: bytes,
  INT8: signed,
  INT16: signed,
  INT32: signed,
  INT64: signed,
  ERRNO: signed,
  FD: signed,
  PID: signed,
  FD32: signed,
  PID32: signed,
  CHARBUF: text,
  FSPATH: text,
  FSRELPATH: text,
  BYTEBUF: bytes,
  SOCKADDR: (event, index) => sockaddrText(event.raw(index)),
  SOCKTUPLE: (event, index) => tupleText(event.raw(index)),
  FDLIST: bytes,
  BOOL: (event, index) => event.uint(index) !== 0,
  DOUBLE: (event, index) => Buffer.from(event.raw(index), 'latin1').readDoubleLE(0),
  IPV4ADDR: bytes,
  IPV6ADDR: bytes,
  IPADDR: bytes,
  CHARBUFARRAY: bytes,
  CHARBUF_PAIR_ARRAY: bytes,
  DYN: dynamicParam,
}

/** Parameter `index` as the driver wrote it; no value where it is empty, save for text, which is `<NA>` then. */
export function rawParam(event: Event, index: number, param: ParamInfo): Value {
  if (event.lengthOf(index) === 0) return readers[param.type] === text ? missing : undefined
  return (readers[param.type] ?? unsignedParam)(event, index)
}

// The selector's byte, then a number of 1, 4 or 8 bytes (or text, of which nothing is compared as a number).
function dynamicParam(event: Event, index: number): Value {
  const offset = event.offsetOf(index) + 1
  const length = event.lengthOf(index) - 1
  if (length === 8) return canonical(event.view.getBigInt64(offset, true))
  if (length === 4) return event.view.getUint32(offset, true)
  return length === 1 ? event.view.getUint8(offset) : undefined
}
