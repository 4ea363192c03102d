import { lowerAscii } from './text.ts'

type Token = { readonly kind: 'run' } | { readonly kind: 'any' } | { readonly kind: 'char'; readonly code: number } | CharClass

interface CharClass {
  readonly kind: 'class'
  /** One entry for each byte. */
  readonly has: readonly boolean[]
}

// What no byte matches.
const nothing: CharClass = { kind: 'class', has: [] }

/** A shell pattern, as in fnmatch(3) without FNM_PATHNAME: `*` also runs across `/`. */
export class Glob {
  private readonly tokens: readonly Token[]
  private readonly ignoreCase: boolean
  // Plain text at both ends, which most values fail at.
  private readonly prefix: string
  private readonly suffix: string

  /** `pattern` is a byte string. */
  constructor(pattern: string, ignoreCase = false) {
    this.ignoreCase = ignoreCase
    this.tokens = parseGlob(ignoreCase ? lowerAscii(pattern) : pattern)
    this.prefix = plainText(this.tokens)
    this.suffix = [...plainText(this.tokens.toReversed())].reverse().join('')
  }

  /** Whether the whole byte string matches. Takes time proportional to the product of both lengths at worst. */
  test(value: string): boolean {
    const text = this.ignoreCase ? lowerAscii(value) : value
    if (!text.startsWith(this.prefix) || !text.endsWith(this.suffix)) return false
    const { tokens } = this
    let token = 0
    let at = 0
    let runToken = -1
    let runAt = 0
    while (at < text.length) {
      const next = tokens[token]
      if (next?.kind === 'run') {
        runToken = token++
        runAt = at
      } else if (next !== undefined && accepts(next, text.charCodeAt(at))) {
        token++
        at++
      } else if (runToken >= 0) {
        token = runToken + 1
        at = ++runAt
      } else return false
    }
    while (tokens[token]?.kind === 'run') token++
    return token === tokens.length
  }
}

/** Whether a text has characters that mean something in a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

function plainText(tokens: readonly Token[]): string {
  const end = tokens.findIndex((token) => token.kind !== 'char')
  const plain = end === -1 ? tokens : tokens.slice(0, end)
  return plain.map((token) => (token.kind === 'char' ? String.fromCharCode(token.code) : '')).join('')
}

function accepts(token: Token, code: number): boolean {
  if (token.kind === 'char') return token.code === code
  return token.kind === 'any' || (token.kind === 'class' && token.has[code] === true)
}

function parseGlob(pattern: string): Token[] {
  const tokens: Token[] = []
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]
    if (char === '*') {
      if (tokens.at(-1)?.kind !== 'run') tokens.push({ kind: 'run' })
    } else if (char === '?') tokens.push({ kind: 'any' })
    else if (char === '[') {
      const found = parseClass(pattern, i)
      tokens.push(found?.token ?? { kind: 'char', code: pattern.charCodeAt(i) })
      if (found) i = found.end
    } else if (char === '\\') {
      i++
      // A backslash at the end matches nothing.
      tokens.push(i < pattern.length ? { kind: 'char', code: pattern.charCodeAt(i) } : nothing)
    } else tokens.push({ kind: 'char', code: pattern.charCodeAt(i) })
  }
  return tokens
}

const namedClasses: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[A-Za-z0-9]/],
  ['alpha', /[A-Za-z]/],
  ['blank', /[ \t]/],
  ['cntrl', /[\0-\x1f\x7f]/],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[ \t-\r]/],
  ['upper', /[A-Z]/],
  ['xdigit', /[0-9A-Fa-f]/],
])
const knownMembers = new Map<string, readonly boolean[]>()

/** For each byte whether it is in the class of this name; undefined where there is none. */
function membersOf(name: string): readonly boolean[] | undefined {
  const known = knownMembers.get(name)
  const pattern = known === undefined ? namedClasses.get(name) : undefined
  if (pattern === undefined) return known
  const members = Array.from({ length: 256 }, (_, code) => pattern.test(String.fromCharCode(code)))
  knownMembers.set(name, members)
  return members
}

/** The class that opens at `open`; undefined where no bracket closes it, and it is plain text. */
function parseClass(pattern: string, open: number): { token: CharClass; end: number } | undefined {
  let i = open + 1
  const isNegated = pattern[i] === '!' || pattern[i] === '^'
  if (isNegated) i++
  const has = new Array<boolean>(256).fill(false)
  for (let isFirst = true; i < pattern.length; isFirst = false) {
    if (pattern[i] === ']' && !isFirst) {
      return { token: { kind: 'class', has: isNegated ? has.map((one) => !one) : has }, end: i }
    }
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(i, i + 12))
    if (named) {
      const members = membersOf(named[1] ?? '')
      if (members === undefined) return { token: nothing, end: i }
      for (let code = 0; code < 256; code++) if (members[code]) has[code] = true
      i += named[0].length
      continue
    }
    // A collating element or an equivalence class is, byte by byte, the character inside.
    const single = /^\[([.=])(.)\1\]/s.exec(pattern.slice(i, i + 5))?.[2]
    if (single !== undefined) {
      has[single.charCodeAt(0)] = true
      i += 5
      continue
    }
    if (pattern[i] === '\\' && i + 1 < pattern.length) i++
    const from = pattern.charCodeAt(i)
    const isRange = pattern[i + 1] === '-' && i + 2 < pattern.length && pattern[i + 2] !== ']'
    const to = isRange ? pattern.charCodeAt(i + 2) : from
    for (let code = from; code <= to; code++) has[code] = true
    i += isRange ? 3 : 1
  }
  return undefined
}
