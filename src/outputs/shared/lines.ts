/** The lines of messages, each with its newline. */
export function linesOf(messages: readonly { readonly line: string }[]): Buffer {
  let text = ''
  for (const { line } of messages) text += `${line}\n`
  return Buffer.from(text, 'utf8')
}
