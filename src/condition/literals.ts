import { parseAddress } from '../base/address.ts'
import type { ParamType } from '../schema/params.ts'
import { type Net, parseNet } from './address.ts'
import type { Scalar } from './field.ts'
import { bitsOf, isSigned, kindOfType } from './kind.ts'
import { portOfService } from './services.ts'
import { literalBytes } from './text.ts'

/**
 * The value that a literal stands for beside a field of this type.
 *
 * @throws Error with a message for the user where the text is no value of the type.
 */
export function parseLiteral(text: string, type: ParamType): Scalar | Net {
  switch (kindOfType(type)) {
    case 'text':
      if (text.includes('\0')) throw new Error('a text cannot hold a NUL byte')
      return literalBytes(text)
    case 'bytes':
      return literalBytes(text)
    case 'integer':
    case 'double':
      return parseInteger(text, type)
    case 'port':
      return parsePort(text)
    case 'bool':
      if (text === 'true') return true
      if (text === 'false') return false
      throw new Error(`filter error: unrecognized boolean value ${text}`)
    case 'ip':
      return required(parseAddress(text), /^[\d.]+$/.test(text) ? `unrecognized IPv4 address ${text}` : `unrecognized IPv6 address ${text}`)
    case 'net':
      return required(parseNet(text), `unrecognized IP network ${text}`)
  }
}

/** A number as field values are kept: bigint only where it does not fit 53 bits. */
export function canonical(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function parsePort(text: string): Scalar {
  if (/^[+-]?\d/.test(text)) return parseInteger(text, 'PORT')
  return required(portOfService(text), `unrecognized protocol ${text}`)
}

// Falco takes whole numbers only, for doubles too, and reads a negative one beside an unsigned field as its two's complement.
function parseInteger(text: string, type: ParamType): number | bigint {
  const match = /^([+-]?)(\d+|0[xX][0-9a-fA-F]+)$/.exec(text)
  if (match?.[2] === undefined || text.length > 100) throw new Error(`${text.slice(0, 100)} is not a valid number`)
  const magnitude = BigInt(match[2])
  const value = match[1] === '-' ? -magnitude : magnitude
  const unsigned = BigInt.asUintN(64, value)
  const fits = isSigned(type) ? BigInt.asIntN(64, value) === value : value < 0n ? value >= -(2n ** 63n) : unsigned === value
  if (!fits) throw new Error(`${text} is not a valid number`)
  return canonical(value < 0n && !isSigned(type) ? BigInt.asUintN(bitsOf(type), value) : value)
}

function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(message)
  return value
}
