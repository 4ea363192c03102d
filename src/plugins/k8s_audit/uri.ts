/** The first value of a parameter in the query of a URI, decoded; all of them byte strings. */
export function queryParameter(uri: string | undefined, name: string): string | undefined {
  const question = uri?.indexOf('?') ?? -1
  if (uri === undefined || question < 0) return undefined
  for (const pair of uri.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=')
    const key = equals < 0 ? pair : pair.slice(0, equals)
    if (decode(key) === name) return equals < 0 ? '' : decode(pair.slice(equals + 1))
  }
  return undefined
}

// Bytes stay bytes: no need for them to be valid UTF-8.
function decode(text: string): string {
  return text.replaceAll('+', ' ').replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
