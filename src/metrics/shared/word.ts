/** A name as a part of fields and labels, which have letters, digits and underscores only. */
export function word(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_')
}
