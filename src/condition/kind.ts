import { type ParamType, paramTypes } from '../schema/params.ts'

/** What values of a type have in common: how they compare, and what a literal for them may look like. */
export type ValueKind = 'text' | 'bytes' | 'integer' | 'double' | 'port' | 'bool' | 'ip' | 'net'

const notIntegers: Partial<Record<ParamType, ValueKind>> = {
  NONE: 'text',
  CHARBUF: 'text',
  FSPATH: 'text',
  FSRELPATH: 'text',
  CHARBUFARRAY: 'text',
  CHARBUF_PAIR_ARRAY: 'text',
  FDLIST: 'text',
  SOCKADDR: 'text',
  SOCKTUPLE: 'text',
  DYN: 'text',
  BYTEBUF: 'bytes',
  DOUBLE: 'double',
  PORT: 'port',
  BOOL: 'bool',
  IPV4ADDR: 'ip',
  IPV6ADDR: 'ip',
  IPADDR: 'ip',
  IPV4NET: 'net',
  IPV6NET: 'net',
  IPNET: 'net',
}

const signed: ReadonlySet<ParamType> = new Set(['INT8', 'INT16', 'INT32', 'INT64', 'ERRNO', 'FD', 'PID', 'FD32', 'PID32', 'DOUBLE'])
const bytesOf: ReadonlyMap<ParamType, number> = new Map(paramTypes.map(([name, , bytes]) => [name, bytes]))

export function kindOfType(type: ParamType): ValueKind {
  return notIntegers[type] ?? 'integer'
}

export function isSigned(type: ParamType): boolean {
  return signed.has(type)
}

export function bitsOf(type: ParamType): number {
  return (bytesOf.get(type) ?? 8) * 8
}
