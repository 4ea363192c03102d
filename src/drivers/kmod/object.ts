import type { Host } from './host.ts'

/** What a kernel module says of itself. */
export interface ModuleInfo {
  readonly name: string
  /** Version of its source, as it has it; empty where it tells none. */
  readonly version: string
  /** Release and features of the kernel that it was built for. */
  readonly vermagic: string
}

const machines: Readonly<Record<Host['arch'], number>> = { x86_64: 62, aarch64: 183 }
const headerBytes = 64
const sectionBytes = 64
const relocatable = 1

/** Why these bytes are no module that this host would load; undefined where nothing speaks against it. */
export function problemOf(bytes: Buffer, host: Pick<Host, 'arch' | 'release'>): string | undefined {
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== 0x7f454c46) return 'it is no kernel module (not ELF)'
  if (bytes[4] !== 2 || bytes[5] !== 1 || bytes.readUInt16LE(16) !== relocatable) return 'it is no kernel module (another kind of ELF file)'
  if (bytes.readUInt16LE(18) !== machines[host.arch]) return `it is for another processor than ${host.arch}`
  const info = moduleInfo(bytes)
  if (info === undefined) return 'it is cut short, or damaged'
  if (info.vermagic === '') return 'it does not say which kernel it is for'
  const [release = ''] = info.vermagic.split(' ')
  return release === host.release ? undefined : `it is for kernel ${release.slice(0, 80)}, and this is ${host.release}`
}

/** What a module tells in its section .modinfo; undefined where the file is not whole. */
export function moduleInfo(bytes: Buffer): ModuleInfo | undefined {
  if (bytes.length < headerBytes) return undefined
  const at = Number(bytes.readBigUInt64LE(40))
  const count = bytes.readUInt16LE(60)
  const names = section(bytes, at, bytes.readUInt16LE(62))
  if (bytes.readUInt16LE(58) !== sectionBytes || at + count * sectionBytes > bytes.length || names === undefined) return undefined
  for (let i = 0; i < count; i++) {
    const found = section(bytes, at, i)
    if (found === undefined) return undefined
    if (nameAt(names.content, found.name) === '.modinfo') return infoOf(found.content)
  }
  return undefined
}

// Sections without content in the file (SHT_NOBITS) have none here either.
function section(bytes: Buffer, tableAt: number, index: number): { readonly name: number; readonly content: Buffer } | undefined {
  const at = tableAt + index * sectionBytes
  if (at + sectionBytes > bytes.length) return undefined
  const noBits = 8
  const [start, size] = [Number(bytes.readBigUInt64LE(at + 24)), Number(bytes.readBigUInt64LE(at + 32))]
  const isEmpty = bytes.readUInt32LE(at + 4) === noBits
  if (!isEmpty && start + size > bytes.length) return undefined
  return { name: bytes.readUInt32LE(at), content: isEmpty ? Buffer.alloc(0) : bytes.subarray(start, start + size) }
}

function nameAt(names: Buffer, at: number): string {
  const end = names.indexOf(0, at)
  return end < 0 ? '' : names.latin1Slice(at, end)
}

function infoOf(content: Buffer): ModuleInfo {
  const fields = new Map(
    content
      .toString('latin1')
      .split('\0')
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const),
  )
  return { name: fields.get('name') ?? '', version: fields.get('version') ?? '', vermagic: fields.get('vermagic') ?? '' }
}
