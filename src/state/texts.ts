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

// Where texts get their blanks: one copy, instead of a piece for each NUL.
const scratch = Buffer.allocUnsafeSlow(4096)
const blank = 32

function join(text: string): string {
  const last = text.length - 1
  const end = text.charCodeAt(last) === 0 ? last : text.length
  if (end > scratch.length) return text.slice(0, end).replaceAll('\0', ' ')
  for (let i = 0; i < end; i++) scratch[i] = text.charCodeAt(i) || blank
  return scratch.latin1Slice(0, end)
}

/** `subsystem=path` of each cgroup. The kernel's `io` goes by its old name, as in Falco. */
export class Cgroups extends Texts {
  #doubles: Float64Array | undefined = undefined

  static override of(list: readonly string[]): Cgroups {
    return new Cgroups(list.map((text) => `${text}\0`).join(''))
  }

  /**
   * Its bytes by eight, for comparison; what is left of the last is not in it. Where two of these are equal, their bytes are; it is
   * empty where this would not be so.
   */
  get doubles(): Float64Array {
    this.#doubles ??= doublesOf(this.text)
    return this.#doubles
  }

  protected override split(): readonly string[] {
    return super.split().map((piece) => (piece.startsWith('io=') ? `blk${piece}` : piece))
  }
}

function doublesOf(text: string): Float64Array {
  const bytes = Buffer.from(text.slice(0, text.length & ~7), 'latin1')
  const doubles = Float64Array.from({ length: bytes.length >> 3 }, (_, i) => bytes.readDoubleLE(i * 8))
  // Zero has two forms, and what is no number equals nothing.
  return doubles.some((value) => value === 0 || Number.isNaN(value)) ? new Float64Array(0) : doubles
}

export const noTexts = new Texts('')
export const noCgroups = new Cgroups('')
