import { Fault } from '../../base/fault.ts'
import type { Log } from '../../base/log.ts'
import { closest } from '../../base/suggest.ts'
import type { Catalogue } from '../../condition/field.ts'
import type { FieldClass } from '../../fields/field.ts'
import type { PluginFacts } from '../../metrics/metric.ts'
import type { FormatCheck } from '../../rule/options.ts'
import type { IntakeRoute, Route } from '../../server/routes/route.ts'
import type { Context } from '../context.ts'
import { auditSource } from './audit_source.ts'
import { loadedPlugins } from './plugins.ts'
import { syscallSource } from './syscall_source.ts'

/** Where rules of `source: NAME` get their events and fields. */
export interface Source {
  readonly name: string
  readonly classes: readonly FieldClass<never>[]
  readonly catalogue: Catalogue<never>
  /** Kinds of its events; absent where they have none. */
  readonly kinds?: readonly number[]
  /** These, and kinds that have a name but never come. */
  readonly namedKinds?: readonly number[]
  readonly checkFormat: (format: string) => FormatCheck
  /** Names of the plugins that the source and these fields are of. */
  readonly pluginsOf?: (fields: readonly string[]) => readonly string[]
  /** Begins what has to go on beside the events, once its rules are loaded; returns the way to end it. */
  readonly begin?: () => () => void
  /** What it takes from the web server, where one is enabled. */
  readonly routes?: readonly (Route | IntakeRoute)[]
  /** Takes over what `old`, the source of the same name that this one will replace, has learned. */
  readonly inherit?: (old: Source) => void
  /** Begins to take events, for a source that is not the kernel. Throws Fault where it cannot be opened. */
  readonly open?: (request: OpenRequest) => Promise<OpenedSource>
}

/** What a source that is not the kernel is given when it is opened. */
export interface OpenRequest {
  /** Tests one event of the source against the rules. */
  readonly process: (event: never) => void
  /** Resolves when the alerts so far are written, or cannot be for now. */
  readonly settle: () => Promise<void>
  readonly log: Log
}

export interface OpenedSource {
  /** Resolves at the end of the source, which may never come; rejects where it breaks off. */
  readonly done: Promise<void>
  close(): Promise<void>
  /** What it counts, under the name of its plugin, for the metrics. */
  readonly facts?: () => PluginFacts
}

/** The sources that there are: system calls, and those of loaded plugins. */
export function allSources(context: SourceContext): readonly Source[] {
  const audit = auditSource(context, loadedPlugins(context))
  return [syscallSource(context), ...(audit === undefined ? [] : [audit])]
}

type SourceContext = Pick<Context, 'args' | 'config' | 'env'>

export interface ChosenSources {
  /** What rules may be for: also the rules of a source that is not enabled are checked. */
  readonly all: readonly Source[]
  readonly enabled: readonly Source[]
}

/**
 * The sources that there are, and those that the command line leaves enabled; all of them in a replay, where the recording decides.
 *
 * @throws Fault `source-unknown`, `flag-invalid` where flags contradict each other or nothing is left.
 */
export function chooseSources(context: SourceContext): ChosenSources {
  const { enableSource, disableSource } = context.args
  const all = allSources(context)
  const names = all.map(({ name }) => name)
  if (context.config.settings['engine.kind'] === 'replay') return { all, enabled: all }
  if (enableSource.length > 0 && disableSource.length > 0) {
    throw new Fault('flag-invalid', 'You can not mix --enable-source and --disable-source', {
      hint: 'name the sources you want with --enable-source',
    })
  }
  const unknown = [...enableSource, ...disableSource].find((name) => !names.includes(name))
  if (unknown !== undefined) throw unknownSource(unknown, names)
  const enabled = all.filter(({ name }) => isEnabled(name, context.args))
  if (enabled.length > 0) return { all, enabled }
  throw new Fault('flag-invalid', 'Must enable at least one event source', { hint: `there are ${names.join(', ')}` })
}

/** Whether the command line leaves system calls enabled. */
export function isSyscallEnabled(args: SourceArgs): boolean {
  return isEnabled('syscall', args)
}

type SourceArgs = Pick<Context['args'], 'enableSource' | 'disableSource'>

function isEnabled(name: string, { enableSource, disableSource }: SourceArgs): boolean {
  return enableSource.length > 0 ? enableSource.includes(name) : !disableSource.includes(name)
}

function unknownSource(name: string, names: readonly string[]): Fault {
  const near = closest(name, names)
  return new Fault('source-unknown', `Attempted to enable or disable an unknown event source: ${name}`, {
    hint: near ? `did you mean ${near}?` : `choose one of ${names.join(', ')}`,
  })
}
