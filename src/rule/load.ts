import type { MappingNode, Node } from '../base/node.ts'
import { closest } from '../base/suggest.ts'
import { withoutMark } from '../base/text.ts'
import { checkCondition } from '../condition/check.ts'
import { ConditionFault } from '../condition/fault.ts'
import { parseCondition } from '../condition/parse.ts'
import { type CollectOptions, collectList, collectMacro, collectRule } from './collect.ts'
import { Collection, partsText } from './collection.ts'
import { Compiler } from './compile.ts'
import { itemKinds, type Key } from './keys.ts'
import { entryOf } from './node.ts'
import type { LoadOptions } from './options.ts'
import { type Origins, originsOf } from './origins.ts'
import { LoadError } from './problem.ts'
import { Reader } from './reader.ts'
import { Report } from './report.ts'
import { collectEngineVersion, collectPluginVersions, unmetRequirements } from './require.ts'
import type { LoadResult } from './result.ts'
import type { Rule, Ruleset } from './ruleset.ts'
import { schemaProblems } from './schema.ts'
import { Source } from './source.ts'
import { readYaml } from './yaml.ts'
import { YamlError } from './yaml_error.ts'

export interface RulesFile {
  /** As shown to the user. */
  readonly name: string
  readonly text: string
}

export interface LoadOutcome {
  readonly ruleset: Ruleset
  /** One for each file, in order. */
  readonly results: readonly LoadResult[]
  /** What plugins are asked for and not there: fatal for a run, each a sentence. */
  readonly unmet: readonly string[]
  readonly origins: Origins
}

/**
 * Loads rules files, one after the other, into one ruleset.
 *
 * Never throws: what is wrong is in the results. Items that are wrong are left out, so that all mistakes show at once.
 */
export function loadRules(files: readonly RulesFile[], options: LoadOptions): LoadOutcome {
  const loader = new Loader(options)
  const results = files.map(({ name, text }) => loader.load(new Source(name, withoutMark(text))))
  return { ruleset: loader.ruleset(), results, unmet: loader.unmet(), origins: loader.origins() }
}

// Loading takes some tens of microseconds for each. The largest public collections have about a thousand.
const maxItems = 20_000

class Loader {
  private readonly collection: Collection
  private readonly compiler: Compiler
  private readonly options: LoadOptions
  private readonly known = new Map<string, boolean>()
  private readonly unusedTold = new Set<string>()
  private items = 0

  constructor(options: LoadOptions) {
    this.options = options
    this.collection = new Collection(options.isTraced)
    this.compiler = new Compiler(this.collection, options)
  }

  load(source: Source): LoadResult {
    const report = new Report(source)
    let isRead = false
    report.try(() => {
      isRead = this.collect(report)
    })
    if (isRead) this.compile(report)
    const { errors, warnings, schemaWarnings } = report
    return { name: source.name, isValid: errors.length === 0, errors, warnings, schemaWarnings }
  }

  /** False if nothing of the file may be used. */
  private collect(report: Report): boolean {
    const documents = this.documents(report)
    report.schemaWarnings = schemaProblems(documents)
    for (const document of documents) {
      const { content } = report
      if (document.kind === 'scalar') throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Rules content is not yaml', content)
      if (document.kind === 'mapping') {
        throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Rules content is not yaml array of objects', content, {
          hint: "start each item with '- '",
        })
      }
      this.items += document.items.length
      if (this.items > maxItems) {
        throw new LoadError('LOAD_ERR_YAML_VALIDATE', `Rules files have more than ${maxItems} items`, content, {
          hint: 'compare with more values in one rule, by lists and exceptions, instead of by more rules',
        })
      }
      for (const item of document.items) if (report.isFull || !this.item(item, report)) return false
    }
    return true
  }

  private documents(report: Report): readonly Node[] {
    try {
      return readYaml(report.source.text)
    } catch (error) {
      if (!(error instanceof YamlError)) throw error
      const at = Math.min(error.at, report.source.text.length)
      throw new LoadError('LOAD_ERR_YAML_PARSE', error.message, report.content.within('rules content', '', at))
    }
  }

  private item(node: Node, report: Report): boolean {
    if (node.kind === 'scalar' && node.isPlain && /^(?:~|null)?$/i.test(node.text)) return true
    const context = report.content.within('rules content item', '', node.at)
    const isRead = report.try(() => {
      if (node.kind !== 'mapping') {
        throw new LoadError('LOAD_ERR_YAML_VALIDATE', 'Unexpected element type. Each element should be a yaml associative array.', context)
      }
      this.mapping(node, report)
    })
    return isRead || node.kind !== 'mapping' || entryOf(node, 'required_engine_version') === undefined
  }

  private mapping(node: MappingNode, report: Report): void {
    const kind = itemKinds.find(({ key }) => entryOf(node, key) !== undefined)
    const { content } = report
    if (!kind) {
      const first = node.entries[0]?.key
      const name = first?.kind === 'scalar' ? first.text : ''
      const meant = closest(
        name,
        itemKinds.map(({ key }) => key),
      )
      const at = content.within('rules content item', name, node.at)
      report.warn('LOAD_UNKNOWN_ITEM', 'Unknown top level item', at, { hint: meant ? `did you mean '${meant}'?` : undefined })
      return
    }
    const collect: CollectOptions = {
      collection: this.collection,
      warn: (code, message, at) => report.warn(code, message, at),
      isField: (source, text) => this.isField(source, text),
    }
    if (kind.key === 'required_engine_version')
      collectEngineVersion(new Reader(node, content.within(kind.key, '', node.at)), this.collection, this.options)
    else if (kind.key === 'required_plugin_versions')
      collectPluginVersions(new Reader(node, content.within('required plugin versions', '', node.at)), this.collection)
    else this.named(kind.key, node, report, collect)
    warnKeys(node, kind.keys, report)
  }

  private named(kind: 'list' | 'macro' | 'rule', node: MappingNode, report: Report, options: CollectOptions): void {
    const name = new Reader(node, report.content.within(kind, '', node.at)).text(kind)
    const reader = new Reader(node, report.content.within(kind, name, node.at))
    const { collect, definitions } = {
      list: { collect: collectList, definitions: this.collection.lists },
      macro: { collect: collectMacro, definitions: this.collection.macros },
      rule: { collect: collectRule, definitions: this.collection.rules },
    }[kind]
    try {
      collect(reader, options)
    } catch (error) {
      definitions.refuse(name)
      throw error
    }
  }

  private isField(source: string, text: string): boolean {
    const catalogue = this.options.catalogues.get(source)
    if (!catalogue) return true
    const key = `${source} ${text}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    let isField = false
    try {
      isField = checkCondition(parseCondition(`${text} exists`), catalogue).faults.length === 0
    } catch (error) {
      if (!(error instanceof ConditionFault)) throw error
    }
    this.known.set(key, isField)
    return isField
  }

  private compile(report: Report): void {
    const isComplete = report.errors.length === 0
    report.try(() => this.compiler.run(report))
    // A name may be used by what could not be read.
    if (isComplete) this.warnUnused(report)
  }

  private warnUnused(report: Report): void {
    const { collection, compiler } = this
    for (const macro of collection.macros.values()) {
      const key = `macro ${macro.name} ${macro.touched}`
      if (compiler.usedMacros.has(macro.name) || this.unusedTold.has(key)) continue
      this.unusedTold.add(key)
      report.warn('LOAD_UNUSED_MACRO', 'Macro not referred to by any other rule/macro', macro.context)
    }
    for (const list of collection.lists.values()) {
      const key = `list ${list.name} ${list.touched}`
      if (compiler.lists.used.has(list.name) || this.unusedTold.has(key)) continue
      this.unusedTold.add(key)
      report.warn('LOAD_UNUSED_LIST', 'List not referred to by any other rule/macro', list.context)
    }
  }

  origins(): Origins {
    return originsOf(this.collection, this.compiler)
  }

  unmet(): readonly string[] {
    return unmetRequirements(this.collection.requirements, this.options.plugins ?? [])
  }

  ruleset(): Ruleset {
    const { collection, compiler } = this
    return {
      rules: [...collection.rules.values()].flatMap(({ name }) => this.rule(name)),
      macros: [...compiler.macros.values()].flatMap(({ definition, expr, macros, text }) =>
        expr
          ? [
              {
                name: definition.name,
                condition: text.written,
                expr,
                macros,
                lists: text.substituted.names,
                isUsed: compiler.usedMacros.has(definition.name),
              },
            ]
          : [],
      ),
      lists: [...compiler.lists.byName.values()].map((list) => ({ ...list, isUsed: compiler.lists.used.has(list.name) })),
      requiredEngineVersion: collection.requiredEngineVersion,
      requirements: collection.requirements.map(({ alternatives }) => alternatives),
    }
  }

  private rule(name: string): readonly Rule[] {
    const compiled = this.compiler.rules.get(name)
    if (!compiled?.checked) return []
    const { definition, checked, kinds, output, macros, text } = compiled
    const { source, values, exceptions } = definition
    return [
      {
        name,
        source,
        priority: values.priority,
        desc: values.desc,
        condition: partsText(values.condition),
        checked,
        get kinds() {
          return kinds?.exact
        },
        get selected() {
          return kinds?.selected
        },
        output: output.written,
        format: output.format,
        extraFields: output.extraFields,
        tags: [...new Set(values.tags)].sort(),
        enabled: values.enabled,
        exceptions: exceptions.all,
        capture: values.capture,
        captureDurationMs: values.capture_duration,
        macros,
        lists: text.substituted.names,
      },
    ]
  }
}

function warnKeys(node: MappingNode, keys: readonly Key[], report: Report): void {
  const seen = new Set<string>()
  for (const { key } of node.entries) {
    if (report.isFullOfWarnings) return
    const name = key.kind === 'scalar' ? key.text : ''
    const at = () => report.content.within('value for', name, key.at)
    if (!keys.some((known) => known.name === name)) {
      const meant = closest(
        name,
        keys.map((known) => known.name),
      )
      const hint = meant ? `did you mean '${meant}'?` : undefined
      report.warn('LOAD_UNKNOWN_KEY', `Unknown key '${name}'. The key will be ignored.`, at(), { hint })
    } else if (seen.has(name)) {
      report.warn('LOAD_UNKNOWN_KEY', `Key '${name}' is given twice. The first one is used.`, at())
    }
    seen.add(name)
  }
}
