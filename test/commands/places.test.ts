import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileWatch } from '../../src/commands/shared/file_watch.ts'
import { fingerprint, placesOf } from '../../src/commands/shared/places.ts'

const root = mkdtempSync(join(tmpdir(), 'eyas-places-'))
afterAll(() => rmSync(root, { recursive: true }))

let at = ''
let round = 0
beforeEach(() => {
  at = join(root, String(round++))
  mkdirSync(join(at, 'rules.d'), { recursive: true })
  writeFileSync(join(at, 'falco.yaml'), 'a')
  writeFileSync(join(at, 'rules.d', 'one.yaml'), '1')
})

// A ConfigMap as the kubelet mounts it.
function mountConfigMap(version: string, text: string): void {
  mkdirSync(join(at, `map/..${version}`), { recursive: true })
  writeFileSync(join(at, `map/..${version}/falco.yaml`), text)
  symlinkSync(`..${version}`, join(at, 'map/..data_tmp'))
  renameSync(join(at, 'map/..data_tmp'), join(at, 'map/..data'))
}

function shown(paths: readonly string[]): Record<string, string[]> {
  return Object.fromEntries([...placesOf(paths)].map(([place, names]) => [place.replace(at, ''), [...names].sort()]))
}

describe('where changes show', () => {
  test.each([
    ['a file', ['falco.yaml'], { '/falco.yaml': ['*'] }],
    ['a directory', ['rules.d'], { '/rules.d': ['*'] }],
    ['files that are not there', ['none.yaml', 'other.yaml'], { '': ['none.yaml', 'other.yaml'] }],
    ['a directory that is not there', ['none/deep/x.yaml'], { '': ['none'] }],
    ['a path with dots', ['rules.d/../falco.yaml'], { '/falco.yaml': ['*'] }],
    ['a path through a file', ['falco.yaml/x'], { '/falco.yaml': ['x'] }],
  ])('%s', (_, paths, expected) => {
    expect(shown(paths.map((path) => `${at}/${path}`))).toEqual(expected)
  })

  test('a ConfigMap: the links, and the file at their end', () => {
    mkdirSync(join(at, 'map'))
    mountConfigMap('v1', 'a')
    symlinkSync('..data/falco.yaml', join(at, 'map/falco.yaml'))
    expect(shown([join(at, 'map/falco.yaml')])).toEqual({ '/map': ['..data', 'falco.yaml'], '/map/..v1/falco.yaml': ['*'] })
  })

  test('links in a circle', () => {
    symlinkSync('b', join(at, 'a'))
    symlinkSync('a', join(at, 'b'))
    expect(shown([join(at, 'a')])).toEqual({ '': ['a', 'b'] })
  })
})

describe('the fingerprint', () => {
  const of = () => fingerprint([join(at, 'falco.yaml'), join(at, 'rules.d'), join(at, 'none.yaml')])

  test.each([
    ['a file changes', () => writeFileSync(join(at, 'falco.yaml'), 'b')],
    ['a file goes', () => rmSync(join(at, 'falco.yaml'))],
    ['a file comes', () => writeFileSync(join(at, 'none.yaml'), '')],
    ['a file of a directory changes', () => writeFileSync(join(at, 'rules.d/one.yaml'), '2')],
    ['one comes', () => writeFileSync(join(at, 'rules.d/two.yaml'), '')],
    ['one has another name', () => renameSync(join(at, 'rules.d/one.yaml'), join(at, 'rules.d/two.yaml'))],
    ['the directory goes', () => rmSync(join(at, 'rules.d'), { recursive: true })],
  ])('is another when %s', (_, change) => {
    const before = of()
    change()
    expect(of()).not.toBe(before)
  })

  test('is the same when a file is written as it was', () => {
    const before = of()
    writeFileSync(join(at, 'falco.yaml'), 'a')
    chmodSync(join(at, 'falco.yaml'), 0o600)
    expect(of()).toBe(before)
  })
})

describe('watching', () => {
  // Resolves with each change that is told.
  function watching(paths: readonly string[]): { next: () => Promise<void>; count: () => number; close: () => void } {
    let changes = 0
    let taken = 0
    let wake: () => void = () => undefined
    const watch = new FileWatch({
      onChange: () => {
        changes++
        wake()
      },
      onPoll: () => undefined,
    })
    watch.watch(paths, fingerprint(paths))
    const next = async () => {
      while (changes === taken) await new Promise<void>((resolve) => (wake = resolve))
      taken++
    }
    return { next, count: () => changes, close: () => watch.close() }
  }

  test('each kind of change is told once', async () => {
    const paths = [join(at, 'falco.yaml'), join(at, 'rules.d'), join(at, 'later/rules.yaml')]
    const watch = watching(paths)
    const steps: (() => void)[] = [
      () => writeFileSync(join(at, 'falco.yaml'), 'written'),
      () => {
        writeFileSync(join(at, '.falco.yaml.swp'), 'by an editor')
        renameSync(join(at, '.falco.yaml.swp'), join(at, 'falco.yaml'))
      },
      () => writeFileSync(join(at, 'falco.yaml'), 'written again'),
      () => writeFileSync(join(at, 'rules.d/two.yaml'), '2'),
      () => rmSync(join(at, 'rules.d/one.yaml')),
      () => {
        mkdirSync(join(at, 'later'))
        writeFileSync(join(at, 'later/rules.yaml'), 'came')
      },
      () => writeFileSync(join(at, 'later/rules.yaml'), 'and changed'),
      () => rmSync(join(at, 'rules.d'), { recursive: true }),
      () => {
        mkdirSync(join(at, 'rules.d'))
        writeFileSync(join(at, 'rules.d/new.yaml'), 'back')
      },
      () => writeFileSync(join(at, 'rules.d/new.yaml'), 'and changed'),
      () => rmSync(join(at, 'falco.yaml')),
      () => writeFileSync(join(at, 'falco.yaml'), 'back, too'),
    ]
    for (const step of steps) {
      step()
      await watch.next()
    }
    expect(watch.count()).toBe(steps.length)
    watch.close()
  }, 30_000)

  test('a ConfigMap that is exchanged', async () => {
    mkdirSync(join(at, 'map'))
    mountConfigMap('v1', 'one')
    symlinkSync('..data/falco.yaml', join(at, 'map/falco.yaml'))
    const watch = watching([join(at, 'map/falco.yaml')])
    for (const version of ['v2', 'v3']) {
      mountConfigMap(version, version)
      await watch.next()
    }
    rmSync(join(at, 'map/..v2'), { recursive: true })
    mountConfigMap('v4', 'v4')
    await watch.next()
    expect(watch.count()).toBe(3)
    watch.close()
  }, 30_000)

  test('what changed before anybody watched', async () => {
    const paths = [join(at, 'falco.yaml')]
    const known = fingerprint(paths)
    writeFileSync(join(at, 'falco.yaml'), 'meanwhile')
    const told = new Promise<void>((resolve) => {
      const watch = new FileWatch({
        onChange: () => {
          watch.close()
          resolve()
        },
        onPoll: () => undefined,
      })
      watch.watch(paths, known)
    })
    await told
  }, 30_000)
})
