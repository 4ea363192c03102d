/** The text is not YAML, or more of it than can be read. */
export class YamlError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}
