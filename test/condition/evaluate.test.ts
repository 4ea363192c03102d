import { describe, expect, test } from 'bun:test'
import { compileKind } from '../../src/condition/compile.ts'
import { evaluate } from '../../src/condition/evaluate.ts'
import { checked, type ToyEvent } from './toy.ts'

const v4 = (...bytes: number[]) => String.fromCharCode(...bytes)
const v6 = (head: number[], tail: number[]) => v4(...head, ...new Array(16 - head.length - tail.length).fill(0), ...tail)

const event: ToyEvent = {
  kind: 0,
  name: 'Cat',
  parent: 'bash',
  path: '/etc/ssh/sshd_config',
  size: 4294967276,
  result: -2,
  ok: true,
  data: 'hello\0\xff',
  address: v4(10, 1, 2, 3),
  addresses: [v4(10, 1, 2, 3), v6([0x20, 0x01, 0x0d, 0xb8], [1])],
  port: 22,
  ports: [22, 40000],
  tags: ['a', 'b'],
  ancestors: ['bash', 'sshd', 'init'],
  load: 1.5,
}

const bare: ToyEvent = { kind: 0 }

function both(text: string, of: ToyEvent): boolean {
  const condition = checked(text)
  const compiled = compileKind([{ condition }], of.kind, 'all').match(of, []) === 1
  expect(compiled).toBe(evaluate(condition, of))
  return compiled
}

describe('a condition holds', () => {
  test.each([
    'toy.name = Cat',
    'toy.name != cat',
    'toy.name > 1',
    'toy.path contains ssh and toy.path startswith /etc and toy.path endswith _config',
    'toy.name icontains AT',
    'toy.name bcontains 6174',
    'toy.name bstartswith 43',
    'toy.data contains ello',
    'toy.data bcontains 00ff',
    'toy.path glob /etc/*config',
    'toy.path glob "/[a-e]*/ss?/*[!x]"',
    'toy.name iglob cA*',
    'toy.path regex /etc/.*/sshd_c[a-z]+',
    'toy.name in (Dog, Cat)',
    'toy.name in (a, b, c, d, e, Cat)',
    'toy.name intersects (Cat)',
    'toy.path pmatch (/etc)',
    'toy.path pmatch (/usr, /etc/ssh/sshd_config)',
    'toy.path pmatch (/*/s?h)',
    'toy.path pmatch (/)',
    'toy.size = 4294967276',
    'toy.size = -20',
    'toy.size < -19',
    'toy.result = -2 and toy.result < 0',
    'toy.ok = true and toy.ok in (true)',
    'toy.load > 1 and toy.load < 2',
    'toy.ip = 10.1.2.3',
    'toy.ip != 2001:db8::1',
    'toy.net = 10.0.0.0/8',
    'toy.net != 11.0.0.0/8',
    'toy.net in (192.168.0.0/16, 10.1.2.3/32)',
    'toy.ips = 2001:db8::1',
    'toy.ips = 10.1.2.3',
    'toy.ips != 10.1.2.4',
    'toy.nets = 2001:db8::/33',
    'toy.nets != 172.16.0.0/12',
    'toy.port = ssh',
    'toy.ports = 40000 and toy.ports = 22',
    'toy.ports > 39999',
    'toy.tags in (a, b, c)',
    'toy.tags intersects (b, x)',
    'toy.tags exists',
    'toy.above = init',
    'toy.above != bash',
    'toy.above in (x, sshd)',
    'toy.above startswith ss',
    'toy.above[1] = sshd',
    'not toy.above[3] exists',
    'toy.name = oneof (Cat, Dog)',
    'toy.name != oneof (Cat, Dog)',
    'toy.name != anyof (Cat, Dog)',
    'toy.name != allof (Dog, Cow)',
    'toy.name = allof (Cat, Cat)',
    'toy.path contains allof (ssh, etc)',
    'toy.ips = allof (10.1.2.3, 2001:db8::1)',
    'toy.arg.name = Cat and toy.arg[name] = Cat',
    'toy.raw[size] > 1000',
    'toy.raw[name] = Cat',
    'tolower(toy.name) = cat',
    'toupper(toy.tags) intersects (B)',
    'basename(toy.path) = sshd_config',
    'basename("/etc/") = ""',
    'len(toy.data) = 7',
    'len(toy.tags) = 2',
    'join("-", toy.tags) = a-b',
    'join("-", (toy.name, "x")) = Cat-x',
    'join("-", ()) = ""',
    'concat(toy.name, "/", toy.parent) = Cat/bash',
    'b64(join("W", ("YWFhL", "JiYg"))) startswith aaa-',
    'b64("YWE") = aa',
    'b64("YWE=") = aa',
    'getopt(("-n", "-t", "5", "x"), "nt:") intersects (5)',
    'getopt(("-nt5"), "nt:")[t] = 5',
    'getopt(("-x", "--", "-n"), "n")[n] != n or toy.ok = true',
    'toy.parent != val(toy.name)',
    'toy.name != toupper(toy.name)',
    'toy.name in val(toy.tags) or toy.tags intersects val(toy.tags)',
    'toy.result < val(toy.size)',
    'toy.parent in (bash) and not (toy.name = Dog or toy.name = Cow)',
  ])('%s', (text) => {
    expect(both(text, event)).toBe(true)
  })
})

describe('a condition does not hold', () => {
  test.each([
    'toy.name = cat',
    'toy.path regex etc',
    'toy.path pmatch (/et, /etc/ssh/sshd, /etc/ssh/sshd_config/x)',
    'toy.path pmatch ()',
    'toy.name in ()',
    'toy.name = anyof ()',
    'toy.name != allof ()',
    'toy.name = oneof (Cat, Cat)',
    'toy.path contains oneof (ssh, etc)',
    'toy.name = allof (Cat, Dog)',
    'toy.ips != 10.1.2.3',
    'toy.nets != 10.0.0.0/8',
    'toy.net = 2001:db8::/32',
    'toy.net = 10.1.2.4/31',
    'toy.net = 8.0.0.0/7',
    'toy.path pmatch (/etc/ssh/sshd_config/*)',
    'basename(toy.path) pmatch (/etc)',
    'concat(toy.path, "/") pmatch (/etc/ssh/sshd_config/*)',
    'toy.tags in (a) or toy.tags in (b)',
    'toy.name = allof (Cat, Dog) or toy.name = allof (Cat, Cow)',
    'toy.tags in (a)',
    'toy.tags intersects (c)',
    'toy.above = Cat',
    'toy.data = hello',
    'b64("YWEx?") exists',
    'b64("YWExM") exists',
    'toy.size = 18446744073709551596',
  ])('%s', (text) => {
    expect(both(text, event)).toBe(false)
  })
})

describe('a missing value makes false of', () => {
  test.each([
    'toy.name = a',
    'toy.name != a',
    'toy.name exists',
    'toy.name < 1',
    'toy.name glob *',
    'toy.name regex .{0}',
    'toy.name != allof (a)',
    'toy.size >= 0',
    'toy.size != 1',
    'toy.ok != true',
    'toy.ip != 10.0.0.1',
    'toy.net != 10.0.0.0/8',
    'toy.net in (10.0.0.0/8)',
    'toy.ips != 10.0.0.1',
    'toy.nets != 10.0.0.0/8',
    'toy.tags in (a)',
    'toy.tags intersects ("")',
    'toy.path pmatch (/)',
    'toy.name = val(toy.parent)',
    'toy.name != val(toy.parent)',
    'len(toy.name) >= 0',
    'concat("a", toy.name) exists',
    'join("-", ("a", toy.name)) exists',
  ])('%s', (text) => {
    expect(both(text, bare)).toBe(false)
    expect(both(`not ${text}`, bare)).toBe(true)
  })

  test.each(['toy.tags in (a)', 'toy.tags intersects (a)', 'toy.ips != 10.0.0.1', 'toy.above != a'])('an empty list too: %s', (text) => {
    expect(both(text, { kind: 0, tags: [], addresses: [], ancestors: [] })).toBe(false)
  })
})

test('numbers beyond 53 bits compare exactly', () => {
  const big: ToyEvent = { kind: 0, result: 9007199254740993n, size: 1 }
  expect(both('toy.result = 9007199254740993', big)).toBe(true)
  expect(both('toy.result = 9007199254740992', big)).toBe(false)
  expect(both('toy.result in (1, 2, 3, 4, 5, 9007199254740993)', big)).toBe(true)
  expect(both('toy.result > 9007199254740992', big)).toBe(true)
  expect(both('toy.result > val(toy.size)', big)).toBe(true)
})

test('text compares as bytes of UTF-8', () => {
  const of: ToyEvent = { kind: 0, name: 'caf\xc3\xa9' }
  expect(both('toy.name = café', of)).toBe(true)
  expect(both('toy.name regex "(?i)CAFÉ"', of)).toBe(true)
  expect(both('toy.name = "caf\\xc3\\xa9"', of)).toBe(true)
  expect(both('toy.name endswith "\\xa9"', of)).toBe(true)
  expect(both('toy.name in (x, "caf\\xC3\\xA9")', of)).toBe(true)
  expect(both('len(toy.name) = 5', of)).toBe(true)
  expect(both('toupper(toy.name) = CAFé', of)).toBe(true)
})
