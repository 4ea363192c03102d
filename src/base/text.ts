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

/** Text of a file that may hold anything, fit for a terminal: control characters but the tab become U+FFFD. */
export function visible(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, '\ufffd')
}

// Controls of ASCII but the tab, and in UTF-8 those that follow it in Unicode (U+0080 to U+009F).
const controls = /[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]/g
const perhapsControl = /[\x00-\x08\x0a-\x1f\x7f\xc2]/

/** Whether a byte string may have control characters that could end a line or steer a terminal; false is sure. */
export function mayHaveControls(bytes: string): boolean {
  return perhapsControl.test(bytes)
}

/** A byte string of one line: each control character but the tab becomes U+FFFD. */
export function withoutControls(bytes: string): string {
  return bytes.replace(controls, '\xef\xbf\xbd')
}

/** Text of a file without the mark that some editors put in front to say that it is UTF-8. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** `text`, cut where it is longer than `most` characters. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`
}
