// The kernel tells some thousand bytes of arguments and environment; a damaged recording may claim more.
const mostPieces = 65_536

/** Texts that came as one, each with a NUL behind it; split when first asked for. Shared by the threads that inherit them. */
export class Texts {
  private list: readonly string[] | undefined
  private joined: string | undefined = undefined
  /** See memory.ts. */
  weighedIn = 0
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
    this.list ??= this.split()
    return this.list
  }

  /** With blanks between. */
  get line(): string {
    this.joined ??= join(this.text)
    return this.joined
  }

  protected split(): readonly string[] {
    const { text } = this
    if (text === '') return []
    const list = text.split('\0', mostPieces)
    if (list.length < mostPieces && text.charCodeAt(text.length - 1) === 0) list.pop()
    return list
  }
}

function join(text: string): string {
  const last = text.length - 1
  return (text.charCodeAt(last) === 0 ? text.slice(0, last) : text).replaceAll('\0', ' ')
}

/** `subsystem=path` of each cgroup. The kernel's `io` goes by its old name, as in Falco. */
export class Cgroups extends Texts {
  #words: Int32Array | undefined = undefined

  static override of(list: readonly string[]): Cgroups {
    return new Cgroups(list.map((text) => `${text}\0`).join(''))
  }

  /** Its bytes by four, for comparison; what is left of the last is not in it. */
  get words(): Int32Array {
    this.#words ??= wordsOf(this.text)
    return this.#words
  }

  protected override split(): readonly string[] {
    return super.split().map((piece) => (piece.startsWith('io=') ? `blk${piece}` : piece))
  }
}

function wordsOf(text: string): Int32Array {
  const bytes = Buffer.from(text.slice(0, text.length & ~3), 'latin1')
  return Int32Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readInt32LE(i * 4))
}

export const noTexts = new Texts('')
export const noCgroups = new Cgroups('')
