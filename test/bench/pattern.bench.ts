// Patterns that take exponential time where they are tried by going back. Time for each byte of a text that nearly matches must
// not grow with the text; `growth` is that of 16 times the text.
import { Glob } from '../../src/condition/glob.ts'
import { PathTree } from '../../src/condition/paths.ts'
import { Regex } from '../../src/condition/regex.ts'
import { lowerAscii } from '../../src/condition/text.ts'
import { median, table } from './report.ts'

const sizes = [4096, 16_384, 65_536]
const rounds = 9

interface Row {
  readonly name: string
  readonly test: (text: string) => boolean
  /** A text of that many bytes. */
  readonly text: (bytes: number) => string
}

const repeated = (unit: string) => (bytes: number) => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes)
const regex = (pattern: string, unit = 'a'): Row => {
  const compiled = new Regex(pattern)
  return { name: `regex ${shown(pattern)}`, test: (text) => compiled.test(text), text: repeated(unit) }
}
const glob = (pattern: string, unit = 'a'): Row => {
  const compiled = new Glob(pattern)
  return { name: `glob ${shown(pattern)}`, test: (text) => compiled.test(text), text: repeated(unit) }
}
const tree = new PathTree(Array.from({ length: 20 }, (_, i) => `${'/*'.repeat(i)}/?*a*/b`))
const needle = `${'a'.repeat(60)}b`

const rows: readonly Row[] = [
  regex('(a+)+b'),
  regex('(a|aa)+b'),
  regex('(.*)*b'),
  regex('(.*a){20}b'),
  regex('([a-z]+)*[A-Z]'),
  regex('.*.*.*=.*'),
  regex(`${'a?'.repeat(30)}${'a'.repeat(30)}b`),
  regex('(?i)([k-s]|ß)+x', 'kſ'),
  regex('.{1,100}b', 'ab'),
  regex('/usr/(local/)?bin/x[a-z]+', '/usr/bin/x'),
  glob('*a*a*a*a*a*a*a*a*b*'),
  glob('*?*?*?*?*?*?b*'),
  glob('/var/*/log/*.[0-9]', '/var/log/'),
  { name: 'pmatch of 20 paths with patterns', test: (text) => tree.has(text), text: repeated('/aaaa') },
  { name: 'icontains', test: (text) => lowerAscii(text).includes(needle), text: repeated('A') },
  { name: 'bcontains', test: (text) => text.includes(needle), text: repeated('a') },
]

const cells = rows.map(({ name, test, text }) => {
  const perByte = sizes.map((bytes) => {
    const value = text(bytes)
    test(value)
    return median(Array.from({ length: rounds }, () => measure(() => test(value)))) / bytes
  })
  const growth = (perByte.at(-1) ?? 0) / (perByte[0] ?? 1)
  return [name, ...perByte.map((ns) => ns.toFixed(2)), growth.toFixed(1)]
})
console.log('nanoseconds for each byte of a text that does not match:')
console.log(table(['', ...sizes.map((bytes) => `${bytes / 1024} KiB`), 'growth'], cells))

function measure(action: () => unknown): number {
  const started = Bun.nanoseconds()
  action()
  return Bun.nanoseconds() - started
}

function shown(pattern: string): string {
  return pattern.length > 30 ? `${pattern.slice(0, 27)}...` : pattern
}
