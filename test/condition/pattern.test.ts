import { describe, expect, test } from 'bun:test'
import { toByteString } from '../../src/base/text.ts'
import { Glob } from '../../src/condition/glob.ts'
import { PathTree } from '../../src/condition/paths.ts'
import { Regex } from '../../src/condition/regex.ts'

// Each of these takes time without end where a pattern is tried by going back; the texts are far longer than any of an event.
const long = 'a'.repeat(200_000)

describe('a regular expression', () => {
  test.each([
    '(a+)+b',
    '(a|aa)+b',
    '(a|a)*b',
    '(.*)*b',
    '(.*a){20}b',
    '(a*)*(a*)*(a*)*b',
    '([a-z]+)*[A-Z]',
    '.*.*.*=.*',
    '(x+x+)+y',
    '(|a)+b',
    `${'a?'.repeat(60)}${'a'.repeat(60)}b`,
    `${'a*'.repeat(500)}b`,
  ])('%s ends on a text that nearly matches', (pattern) => {
    const regex = new Regex(pattern)
    expect(regex.test(long)).toBe(false)
    expect(regex.test(`${long}!`)).toBe(false)
  })

  test.each(['(a{1000}){1000}', '((a{100}){100}){100}', '(((a{10}){10}){10}){10}', 'a{1001}', `${'('.repeat(5000)}a${')'.repeat(5000)}`])(
    '%p, which stands for millions of steps, is refused',
    (pattern) => {
      expect(() => new Regex(pattern)).toThrow(/^invalid regular expression '/)
    },
  )

  // Whole values, of characters; flags, classes and groups as RE2 has them.
  test.each([
    ['a', 'ab', false],
    ['^a$', 'a', true],
    ['caf.', 'caf\xc3\xa9', true],
    ['caf[é]', 'caf\xc3\xa9', true],
    ['caf..', 'caf\xc3\xa9', false],
    ['(?i)CAFÉ', 'caf\xc3\xa9', true],
    ['(?i)k', '\xe2\x84\xaa', true],
    ['\\pL+', 'caf\xc3\xa9', true],
    ['\\p{Greek}', '\xce\xb1', true],
    ['\\w+', 'caf\xc3\xa9', false],
    ['a.b', 'a\xffb', true],
    ['a\\x{fffd}b', 'a\xffb', true],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['[[:alpha:]]+\\d{2,}', 'ab12', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\x41\\x{42}', 'AB', true],
    ['(?P<name>a)(?:b|c)', 'ac', true],
    ['a*?b??', 'aab', true],
    ['(?U)a+', 'aaa', true],
    ['(?m)^b$', 'a\nb', false],
    ['', '', true],
  ])('%s on %j is %p', (pattern, text, expected) => {
    expect(new Regex(toByteString(pattern)).test(text)).toBe(expected)
  })

  test.each(['(?=a)b', '(?<!a)b', '(a)\\1', 'a**', '[z-a]', '\\', '(a', 'a)', '[a', '*a', 'a{2,1}', '\\pX', '(?z)a'])(
    '%s is none, as for RE2',
    (pattern) => {
      expect(() => new Regex(pattern)).toThrow(/^invalid regular expression '/)
    },
  )
})

describe('a glob', () => {
  test.each([
    '*a*a*a*a*a*a*a*a*a*a*b*',
    '*?*?*?*?*?*?*?*?*?*b*',
    '*[a-b]*[a-b]*[a-b]*[a-b]*b*',
    `${'*a'.repeat(60)}b*`,
    `${'?*'.repeat(200)}b?`,
  ])('%s ends on a text that nearly matches', (pattern) => {
    expect(new Glob(pattern).test(long)).toBe(false)
    expect(new Glob(pattern, true).test(long)).toBe(false)
  })

  // As fnmatch(3) without flags, in the C locale.
  test.each([
    ['\\', '\\', false],
    ['*\\', 'a\\', false],
    ['\\*', '*', true],
    ['\\a', 'a', true],
    ['[', '[', true],
    ['[a', '[a', true],
    ['[]a]', ']', true],
    ['[!]a]', 'b', true],
    ['[^a]', 'b', true],
    ['[\\]]', ']', true],
    ['[a-]', '-', true],
    ['[b-a]', 'a', false],
    ['[[:upper:]-z]', 'Z', true],
    ['[[.a.]]', 'a', true],
    ['[[=a=]b]', 'b', true],
    ['[[:nope:]]', ':]', false],
    ['*', '', true],
    ['?', '\xc3\xa9', false],
    ['??', '\xc3\xa9', true],
    ['*/b', 'a/c/b', true],
    ['.*', '.a', true],
    ['*a', '.a', true],
  ])('%s on %j is %p', (pattern, text, expected) => {
    expect(new Glob(pattern).test(text)).toBe(expected)
  })
})

test('a tree of paths with patterns ends on a path that nearly matches', () => {
  const patterns = Array.from({ length: 60 }, (_, i) => `${'/*'.repeat(i)}/?*a*/b`)
  const tree = new PathTree(patterns)
  expect(tree.has('/aaaaaaaaaaaaaaaa'.repeat(5000))).toBe(false)
  expect(tree.has(`${'/aaaa'.repeat(59)}/xab/b/c`)).toBe(true)
})
