const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const quote = 0x22
const backslash = 0x5c

// Deeper than any object of Kubernetes.
const maxDepth = 256

// What is smaller cannot take much memory, however it is made, so that only a run of brackets is worth a closer look.
const smallBytes = 32 * 1024
const runs = [']]]]]]]]]]]]]]]]', '}}}}}}}}}}}}}}}}'].map((run) => Buffer.from(run))

/** Why JSON text is too deep or has too many parts to be parsed; undefined where it may be. */
export function excessOf(bytes: Buffer, maxParts: number): string | undefined {
  if (bytes.length <= smallBytes && !runs.some((run) => bytes.includes(run))) return undefined
  return quickLook(bytes, maxParts) ? undefined : closeLook(bytes, maxParts)
}

// Brackets in strings count too: what is in order even so needs no closer look. Four bytes at a time: whether one of them is a
// bracket at all, with the bits set that tell the four of them apart.
function quickLook(bytes: Buffer, maxParts: number): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(bytes)
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
  let depth = 0
  let deepest = 0
  let parts = 0
  for (let i = 0; i < words.length; i++) {
    const x = ((words[i] as number) | 0x26262626) ^ 0x7f7f7f7f
    if (((x - 0x01010101) & ~x & 0x80808080) === 0) continue
    for (let at = i * 4; at < i * 4 + 4; at++) {
      const byte = bytes[at]
      if (byte === openBrace || byte === openBracket) {
        parts++
        if (++depth > deepest) deepest = depth
      } else if (byte === closeBrace || byte === closeBracket) {
        // A string may close what was never opened.
        if (depth > 0) depth--
      }
    }
  }
  return deepest <= maxDepth && parts <= maxParts
}

function closeLook(bytes: Buffer, maxParts: number): string | undefined {
  let depth = 0
  let parts = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) at = endOfString(bytes, at)
    else if (byte === openBrace || byte === openBracket) {
      if (++parts > maxParts) return `it has more than ${maxParts} objects and arrays`
      if (++depth > maxDepth) return `it is more than ${maxDepth} levels deep`
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return undefined
}

/** Offset of the quote that ends the string that begins at `start`. */
export function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === backslash) at++
    else if (byte === quote) return at
  }
  return bytes.length
}
