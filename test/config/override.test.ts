import { describe, expect, test } from 'bun:test'
import { Fault } from '../../src/base/fault.ts'
import { override } from '../../src/config/override.ts'
import { plain } from '../../src/config/read.ts'
import { parseTree } from '../../src/config/tree.ts'

const base = 'a: 1\nlist: [x, y]\ndeep: { b: { c: old } }\none: alone\n'

function after(...options: readonly string[]): unknown {
  const tree = parseTree(base, 'test.yaml')
  for (const option of options) override(tree, option)
  return plain(tree)
}

const untouched = { a: 1, list: ['x', 'y'], deep: { b: { c: 'old' } }, one: 'alone' }

describe('-o sets', () => {
  test.each([
    [['a=2'], { ...untouched, a: 2 }],
    [['a='], { ...untouched, a: '' }],
    [['a=b=c'], { ...untouched, a: 'b=c' }],
    [['deep.b.c=new'], { ...untouched, deep: { b: { c: 'new' } } }],
    [['fresh.x.y=true'], { ...untouched, fresh: { x: { y: true } } }],
    [['list[1]=z'], { ...untouched, list: ['x', 'z'] }],
    [['list[3]=z'], { ...untouched, list: ['x', 'y', null, 'z'] }],
    [['list[]=z', 'list[]=w'], { ...untouched, list: ['x', 'y', 'z', 'w'] }],
    [['one[]=more'], { ...untouched, one: ['alone', 'more'] }],
    [['rules[].disable.tag=a', 'rules[].enable.rule=b'], { ...untouched, rules: [{ disable: { tag: 'a' } }, { enable: { rule: 'b' } }] }],
    [['rules[]={"disable": {"tag": "a"}}'], { ...untouched, rules: [{ disable: { tag: 'a' } }] }],
    [['list=[p, q]'], { ...untouched, list: ['p', 'q'] }],
    [['dotted\\.key\\[0\\]=v'], { ...untouched, 'dotted.key[0]': 'v' }],
    [['a=127. 0.0.1'], { ...untouched, a: '127. 0.0.1' }],
    [['a=!x: y'], { ...untouched, a: '!x: y' }],
  ])('%j', (options, expected) => {
    expect(after(...options)).toEqual(expected)
  })
})

describe('-o refuses', () => {
  test.each([
    ['json_output', 'Error parsing config option "json_output". Must be of the form key=val or key.subkey=val'],
    ['=x', 'Error parsing config option "=x". Must be of the form key=val or key.subkey=val'],
    ['list[x]=a', "Parsing error: expected a numeric index, found 'x'"],
    ['list[1=a', 'Parsing error: no \']\' after position 4 of "list[1"'],
    ['a\\x=x', 'Parsing error: invalid escape sequence \'\\x\' at position 1 of "a\\x"'],
    ['a.b=1', 'cannot set b: what it is part of is not a map of keys'],
    ['deep[0]=1', 'cannot set []: what it is part of is not a list'],
    ['list[5000]=z', 'index 5000 is far past the end of the list'],
    ['list=[p', 'not valid YAML: Flow sequence must end with a ]'],
  ])('%j', (option, message) => {
    let thrown: unknown
    try {
      after(option)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(Fault)
    expect((thrown as Fault).message).toBe(message)
  })
})
