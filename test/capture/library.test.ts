import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// The capture library as the dynamic linker of another host will see it.

const root = join(import.meta.dir, '..', '..')
const library = join(root, 'dist', 'libcapture.so')

describe.skipIf(!existsSync(library))('the capture library', () => {
  const symbols = Bun.spawnSync(['objdump', '-T', library]).stdout.toString()

  test('asks for no glibc newer than that of RHEL 8 (2.28), nor even than that of RHEL 7 (2.17)', () => {
    const versions = [...new Set([...symbols.matchAll(/GLIBC_(\d+\.\d+(?:\.\d+)?)/g)].map(([, version = '']) => version))]
    expect(versions.length).toBeGreaterThan(0)
    expect(versions.filter((version) => Bun.semver.order(full(version), '2.17.0') > 0)).toEqual([])
  })

  test('needs no library but libc', () => {
    const headers = Bun.spawnSync(['objdump', '-p', library]).stdout.toString()
    expect([...headers.matchAll(/NEEDED +(\S+)/g)].map(([, name]) => name)).toEqual(['libc.so.6'])
  })

  test('exports what capture.h declares, and no more', () => {
    const header = readFileSync(join(root, 'ffi', 'capture.h'), 'utf8')
    const declared = [...header.matchAll(/^\w+ (capture_\w+)\(/gm)].map(([, name]) => name)
    const exported = [...symbols.matchAll(/^\S+ g .* (\w+)$/gm)].map(([, name]) => name)
    expect(exported.sort()).toEqual(declared.sort())
  })

  test('holds programs under a licence that the kernel takes for free software', () => {
    expect(readFileSync(library).includes('\0license\0')).toBe(true)
    expect(readFileSync(library).includes('GPL\0')).toBe(true)
  })
})

function full(version: string): string {
  return version.split('.').length === 2 ? `${version}.0` : version
}
