/** Texts that came as one, each with a NUL behind it; split when first asked for. Shared by the threads that inherit them. */
export class Texts {
  private list: readonly string[] | undefined
  readonly text: string

  constructor(text: string, list: readonly string[] | undefined = undefined) {
    this.text = text
    this.list = list
  }

  /** The same for texts that are split already. */
  static of(list: readonly string[]): Texts {
    return new Texts(list.map((text) => `${text}\0`).join(''), list)
  }

  get pieces(): readonly string[] {
    return this.list ?? this.split()
  }

  private split(): readonly string[] {
    const { text } = this
    const list = text === '' ? [] : text.split('\0')
    if (text.charCodeAt(text.length - 1) === 0) list.pop()
    this.list = list
    return list
  }
}

export const noTexts = new Texts('')

/** `known` where it says the same as `text` (then what was found out about it stays valid), else new texts. */
export function sameTexts(known: Texts, text: string): Texts {
  return known.text === text ? known : new Texts(text)
}
