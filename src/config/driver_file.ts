import { parseDocument } from 'yaml'
import { Fault } from '../base/fault.ts'
import { find, textOf, texts } from './read.ts'
import { type Mapping, parseTree } from './tree.ts'

// The part of falcoctl.yaml about drivers, and the one key of falco.yaml that follows it.

/** Kinds of engine that are a choice between drivers; whoever replays a file or reads plugins alone wants that. */
export const driverKinds: ReadonlySet<string> = new Set(['kmod', 'ebpf', 'modern_ebpf', 'auto'])

/** The `driver` section of falcoctl.yaml: what it does not say is undefined. */
export interface DriverSection {
  readonly type?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly repos?: readonly string[] | undefined
  readonly version?: string | undefined
  readonly hostRoot?: string | undefined
}

/**
 * What falcoctl.yaml says of drivers.
 *
 * @throws Fault `config-syntax`, `config-invalid`.
 */
export function readDriverSection(text: string, file: string): DriverSection {
  const tree = parseTree(text, file)
  const one = (key: string) => textOf(find(tree, `driver.${key}`)) || undefined
  const list = (key: string) => texts(find(tree, `driver.${key}`))?.flatMap(splitList)
  return {
    type: list('type'),
    name: one('name'),
    repos: list('repos'),
    version: one('version'),
    hostRoot: one('hostroot') ?? one('hostRoot'),
  }
}

/** The texts of a list that is written with commas. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/**
 * The text of falcoctl.yaml with this section; all else in it, comments too, stays.
 *
 * @throws Fault `config-syntax` where it is no map.
 */
export function withDriverSection(text: string, file: string, section: Required<DriverSection>): string {
  const { type, name, repos, version, hostRoot } = section
  return edited(text, file, ['driver'], { type, name, repos, version, hostRoot })
}

/** The text of falco.yaml with this `engine.kind`. */
export function withEngineKind(text: string, file: string, kind: string): string {
  return edited(text, file, ['engine', 'kind'], kind)
}

/** `engine.kind` in the text of falco.yaml; undefined where it is not set. */
export function engineKindIn(text: string, file: string): string | undefined {
  return textOf(find(parseTree(text, file) as Mapping, 'engine.kind'))
}

function edited(text: string, file: string, path: readonly string[], value: unknown): string {
  // Faults, and their places, as for every other configuration.
  parseTree(text, file)
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new Fault('config-syntax', `${file}: ${document.errors[0]?.message ?? 'not YAML'}`)
  document.setIn(path, value)
  return document.toString()
}
