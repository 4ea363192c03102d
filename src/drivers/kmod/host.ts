import { release, version } from 'node:os'
import { join } from 'node:path'
import { textAt } from '../../base/files.ts'

/** The machine that a module is for, as far as its name and its load depend on it. */
export interface Host {
  /** Where its file system is seen: `/`, or a directory in a container that has it mounted. */
  readonly root: string
  readonly arch: 'x86_64' | 'aarch64'
  /** What `uname -r` says. */
  readonly release: string
  /** What `uname -v` says. */
  readonly version: string
  readonly os: OsRelease
}

/** What the files in /etc tell of a distribution. */
export interface OsRelease {
  /** In lower case; empty where nothing tells. */
  readonly id: string
  readonly versionId: string
  readonly variantId: string
  /** The text of /etc/VERSION, which minikube has. */
  readonly minikube: string
}

export interface HostOptions {
  readonly root?: string
  readonly release?: string
  readonly version?: string
}

/** This machine, or one that options describe in its place. */
export function hostOf({ root = '/', release: wantedRelease, version: wantedVersion }: HostOptions = {}): Host {
  return {
    root,
    arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    release: wantedRelease || release(),
    version: wantedVersion || version(),
    os: osReleaseAt(root),
  }
}

function osReleaseAt(root: string): OsRelease {
  const fields = fieldsOf(textIn(root, 'etc/os-release') || textIn(root, 'usr/lib/os-release'))
  const minikube = textIn(root, 'etc/VERSION').trim()
  const id = (fields.get('ID') ?? '').toLowerCase()
  return { id: id || idByFiles(root), versionId: fields.get('VERSION_ID') ?? '', variantId: fields.get('VARIANT_ID') ?? '', minikube }
}

// Distributions of before os-release.
const olderFiles = [
  ['etc/debian_version', 'debian'],
  ['etc/centos-release', 'centos'],
  ['etc/redhat-release', 'rhel'],
] as const

function idByFiles(root: string): string {
  return olderFiles.find(([file]) => textIn(root, file) !== '')?.[1] ?? ''
}

/** The assignments of a file like os-release (os-release(5)): no shell reads it. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line) ?? []
    if (name !== '') fields.set(name, unquoted(value))
  }
  return fields
}

function unquoted(value: string): string {
  const [, quote = '', inner = ''] = /^(["'])(.*)\1$/.exec(value) ?? []
  if (quote === '') return value
  return quote === '"' ? inner.replace(/\\([\\"$`])/g, '$1') : inner
}

const mostBytes = 64 * 1024

function textIn(root: string, path: string): string {
  return textAt(join(root, path)).slice(0, mostBytes)
}
