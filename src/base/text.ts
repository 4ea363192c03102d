// Text that comes from events (paths, names, arguments) is kept as a byte string: one UTF-16 unit, 0 to 255, for each
// byte. The kernel gives bytes, not Unicode, and rules compare bytes; a byte string is exact, cheap to make
// (latin1Slice) and equal to plain text for ASCII. Literals of rules are turned into byte strings when they are
// compiled, and byte strings into bytes or Unicode only when they are written out.

const nonAscii = /[^\x00-\x7f]/

/** The byte string of a Unicode string (its UTF-8 bytes, one unit each). */
export function toByteString(text: string): string {
  return nonAscii.test(text) ? Buffer.from(text, 'utf8').latin1Slice() : text
}

/** The Unicode string that a byte string spells in UTF-8; invalid bytes become U+FFFD. */
export function toUnicode(bytes: string): string {
  return nonAscii.test(bytes) ? Buffer.from(bytes, 'latin1').utf8Slice() : bytes
}

/** Whether every byte is ASCII, so that the byte string and the Unicode string are the same. */
export function isAscii(text: string): boolean {
  return !nonAscii.test(text)
}
