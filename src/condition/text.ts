import { toByteString } from '../base/text.ts'

const upperAscii = /[A-Z]+/g
const lowerLetters = /[a-z]+/g
const beyondAscii = /[\x80-\uffff]/

/** Lower case of the ASCII letters of a byte string; other bytes stay, as they may be part of any character. */
export function lowerAscii(text: string): string {
  if (!beyondAscii.test(text)) return text.toLowerCase()
  return text.replace(upperAscii, (letters) => letters.toLowerCase())
}

export function raiseAscii(text: string): string {
  if (!beyondAscii.test(text)) return text.toUpperCase()
  return text.replace(lowerLetters, (letters) => letters.toUpperCase())
}

// A byte that a literal gives by its number, beyond ASCII, stands in the literal's Unicode text as a half of a surrogate pair,
// which no text of a file has.
const bytesAt = 0xdc00
const namedByte = /(?<![\ud800-\udbff])[\udc80-\udcff]/

/** The character of a literal's text that stands for the byte. */
export function charOfByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : bytesAt + byte)
}

/** The byte string of a literal: its characters in UTF-8, and the bytes that it gives by number. */
export function literalBytes(text: string): string {
  if (!namedByte.test(text)) return toByteString(text)
  const parts = text.split(new RegExp(`(${namedByte.source})`))
  return parts.map((part, i) => (i % 2 === 0 ? toByteString(part) : String.fromCharCode(part.charCodeAt(0) - bytesAt))).join('')
}

/** A literal's text with its named bytes as they were written. */
export function withEscapes(text: string): string {
  if (!namedByte.test(text)) return text
  return text.replace(new RegExp(namedByte.source, 'g'), (char) => `\\x${(char.charCodeAt(0) - bytesAt).toString(16)}`)
}

// From the commonest on, in paths and command lines; what is not among them is rarer. The first ones are in most texts.
const commonChars = '/esta.rniolcdpumhgbf-vy1kw0_ x2jz3q4'
const inMostTexts = 22

/**
 * The character of `text` that the fewest other texts have, or '' where most have all of its: a single character is found in a fraction
 * of the time that a longer text takes.
 */
export function rarestOf(text: string): string {
  let rarest = ''
  let most = inMostTexts
  for (const char of text) {
    const at = commonChars.indexOf(char)
    const rank = at < 0 ? commonChars.length : at
    if (rank < most) continue
    rarest = char
    most = rank
  }
  return text.length === 1 ? '' : rarest
}

/** Looks for a text where letters of ASCII count for both of their cases; byte strings. */
export class FoldedSearch {
  private readonly pattern: RegExp

  constructor(text: string) {
    const parts = [...text].map((char) => (/[a-z]/i.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : escaped(char)))
    this.pattern = new RegExp(parts.join(''))
  }

  has(text: string): boolean {
    return this.pattern.test(text)
  }
}

/** Finds texts that hold one of `parts`, byte strings. */
export function anyOf(parts: readonly string[]): RegExp {
  return new RegExp(parts.map(escaped).join('|'))
}

function escaped(text: string): string {
  return Array.from(text, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
}
