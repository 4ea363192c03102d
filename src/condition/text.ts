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
