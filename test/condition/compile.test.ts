import { describe, expect, test } from 'bun:test'
import { compileKind } from '../../src/condition/compile.ts'
import { checked, kindNames, type ToyEvent, ToySubjects } from './toy.ts'

const kinds = kindNames.map((_, kind) => kind)

function holds(text: string, of: ToyEvent): boolean {
  return compileKind([{ condition: checked(text) }], of.kind, 'all').match(of, []) === 1
}

describe('compiled conditions', () => {
  test('test the rules of a subject once where none can hold', () => {
    const subjects = new ToySubjects()
    const texts = ['(toy.path = /etc or toy.size > 5 and toy.name = b) and toy.name = a', 'not (toy.path != /tmp or toy.ok = true)']
    const { match } = compileKind(
      texts.map((text) => ({ condition: checked(text) })),
      0,
      'all',
      subjects,
    )
    const hits: number[] = []
    const quiet = { kind: 0, path: '/usr', size: 1 }
    for (const name of ['a', 'b', 'a']) expect(match({ ...quiet, name }, hits)).toBe(0)
    expect(subjects.notes).toBe(1)
    expect(['a', 'b', 'a'].map((name) => match({ kind: 0, path: '/etc', name }, hits))).toEqual([1, 0, 1])
    expect([true, false].map((ok) => match({ kind: 0, path: '/tmp', ok }, hits))).toEqual([0, 1])
    expect(subjects.notes).toBe(3)
  })

  test('test rules each time that the subject says nothing on', () => {
    const subjects = new ToySubjects()
    const rules = ['toy.path = /etc', 'toy.name = a', 'toy.path = /usr or toy.name = b'].map((text) => ({ condition: checked(text) }))
    const { match } = compileKind(rules, 0, 'all', subjects)
    const hits: number[] = []
    const found = (name: string, path: string) => hits.slice(0, match({ kind: 0, name, path }, hits))
    expect(['a', 'b', 'a', 'c'].map((name) => found(name, '/tmp'))).toEqual([[1], [2], [1], []])
    expect(['a', 'b', 'a', 'c'].map((name) => found(name, '/etc'))).toEqual([[0, 1], [0, 2], [0, 1], [0]])
    expect(found('c', '/usr')).toEqual([2])
    expect(subjects.notes).toBe(3)
  })

  test('test only the rules that a subject leaves open', () => {
    let reads = 0
    const subjects = new ToySubjects()
    const rules = ['toy.path = /etc and toy.name = a', 'toy.path in (/usr, /etc) and toy.ok = true'].map((text) => ({
      condition: checked(text),
    }))
    const { match } = compileKind(rules, 0, 'all', subjects)
    const of = {
      kind: 0,
      path: '/usr',
      ok: true,
      get name() {
        reads++
        return 'a'
      },
    }
    const hits: number[] = []
    for (let round = 0; round < 3; round++) expect(hits.slice(0, match(of, hits))).toEqual([1])
    expect({ reads, notes: subjects.notes }).toEqual({ reads: 0, notes: 1 })
  })

  test('test rules of more sets than can be noted', () => {
    const names = Array.from({ length: 8 }, (_, bit) => bit)
    const rules = names.map((bit) => ({ condition: checked(`toy.path contains /${bit}/ and toy.name = a`) }))
    const { match } = compileKind(rules, 0, 'all', new ToySubjects())
    const hits: number[] = []
    for (let round = 0; round < 2; round++) {
      for (let set = 0; set < 256; set++) {
        const open = names.filter((bit) => (set >> bit) & 1)
        const path = open.map((bit) => `/${bit}/`).join('')
        expect(hits.slice(0, match({ kind: 0, path, name: 'a' }, hits))).toEqual(open)
      }
    }
  })

  test('leave out rules that the kind decides', () => {
    const rules = ['toy.type = open and toy.name = a', 'toy.type in (open, close) and toy.size > 1', 'toy.is_file = false'].map((text) => ({
      condition: checked(text),
    }))
    expect(kinds.map((kind) => compileKind(rules, kind, 'all').rules)).toEqual([[0, 1], [1], [2], [2]])
    expect(compileKind(rules, 0, 'all').source).not.toContain('toy.type')
    expect(compileKind(rules, 2, 'all').match({ kind: 2 }, [])).toBe(1)
  })

  test('read a field and evaluate a macro once an event', () => {
    let reads = 0
    let nameReads = 0
    const of = {
      kind: 0,
      get name() {
        nameReads++
        return 'a'
      },
      get path() {
        reads++
        return '/etc/passwd'
      },
    }
    const macros = { etc: 'toy.path contains etc and toy.path endswith d' }
    const texts = ['etc and toy.path contains p', 'etc and not toy.path contains q', 'etc and toy.path glob /etc/*']
    const { match, source } = compileKind(
      texts.map((text) => ({ condition: checked(text, macros) })),
      0,
      'all',
    )
    expect(match(of, [])).toBe(3)
    expect(match(of, [])).toBe(3)
    expect(reads).toBe(2)
    const cheap = ['toy.name = a and toy.size = 1', 'toy.name = a and toy.size = 2'].map((text) => ({ condition: checked(text) }))
    expect(compileKind(cheap, 0, 'all').match(of, [])).toBe(0)
    expect(nameReads).toBe(1)
    expect(source.split('.includes("etc")')).toHaveLength(2)
  })

  test('keep nothing from one event to the next', () => {
    const rules = ['toy.name = a or toy.name = b', 'toy.name startswith a and toy.size = 1'].map((text) => ({ condition: checked(text) }))
    const { match } = compileKind(rules, 0, 'all')
    expect(match({ kind: 0, name: 'a', size: 1 }, [])).toBe(2)
    expect(match({ kind: 0 }, [])).toBe(0)
  })

  test.each(['"); process.exit(1); ("', `\${process.exit(1)}`, '\\u2028', '</script>', "'+process.exit(1)+'"])(
    'take the literal %p as text',
    (literal) => {
      const text = `toy.name = "${literal.replace(/["\\]/g, '\\$&')}" or toy.name startswith "${literal.replace(/["\\]/g, '\\$&')}"`
      expect(holds(text, { kind: 0, name: literal })).toBe(true)
      expect(holds(text, { kind: 0, name: 'other' })).toBe(false)
    },
  )

  test('take hundreds of rules and literals', () => {
    const names = Array.from({ length: 300 }, (_, i) => `name${i}`)
    const rules = names.map((name) => ({ condition: checked(`toy.name in (${names.join(', ')}) and toy.parent = ${name}`) }))
    expect(compileKind(rules, 0, 'all').match({ kind: 0, name: 'name5', parent: 'name7' }, [])).toBe(1)
  })
})
