/**
 * Puts in the values of environment variables: `${NAME}` is the variable's value, nothing where it is not set;
 * `$${NAME}` stands for the text `${NAME}`. What a variable holds is not expanded again.
 */
export function expand(text: string, env: Readonly<Record<string, string | undefined>>): string {
  if (!text.includes('${')) return text
  let out = ''
  let at = 0
  while (at < text.length) {
    const next = text.indexOf('${', at)
    if (next < 0) break
    if (next > at && text[next - 1] === '$') {
      out += `${text.slice(at, next - 1)}\${`
      at = next + 2
      continue
    }
    const end = text.indexOf('}', next)
    if (end < 0) break
    out += text.slice(at, next) + (env[text.slice(next + 2, end)] ?? '')
    at = end + 1
  }
  return out + text.slice(at)
}
