import { type Expr, macrosOf, walk } from '../condition/ast.ts'
import { CheckCache, checkCondition } from '../condition/check.ts'
import type { Checked } from '../condition/checked.ts'
import { ConditionFault } from '../condition/fault.ts'
import { expandMacros, type Sizes } from '../condition/macros.ts'
import type { WarningCode } from './code.ts'
import { type Collection, type MacroDefinition, partsText, type RuleDefinition } from './collection.ts'
import { CompiledLists, maxListItems } from './compiled_lists.ts'
import { withExceptions } from './exception.ts'
import { RuleKinds, type SourceKinds, sourceKinds } from './kinds.ts'
import type { LoadOptions } from './options.ts'
import { checkOutput, type Output, outputOf } from './output.ts'
import { type Parsed, parsedOf } from './parsed.ts'
import { Context, LoadError } from './problem.ts'
import type { Report } from './report.ts'
import { WrittenText } from './text.ts'

// A rule that matches more kinds of events than this is tried on nearly everything that happens.
const manyKinds = 100

// What is short as written may be long with its lists.
const maxListText = 8 * 1024 * 1024
// It takes as long to look for more names in a text as to look up all of its words.
const fewNames = 100
// Loading takes some microseconds for each.
const maxChecks = 150_000

interface Compiled {
  readonly touched: number
  readonly text: WrittenText
  /** Bodies of the macros that it refers to, by name. */
  readonly bodies: ReadonlyMap<string, Expr>
  readonly macros: readonly string[]
}

export interface CompiledMacro extends Compiled {
  readonly definition: MacroDefinition
  /** Absent if it is not well formed, or refers to a macro that is not. */
  readonly expr: Expr | undefined
}

export interface CompiledRule extends Compiled {
  readonly definition: RuleDefinition
  /** Absent if the rule is left out. */
  readonly checked: Checked<never> | undefined
  /** Absent if the rule is left out, or its source's events have no kinds. */
  readonly kinds: RuleKinds | undefined
  readonly output: Output
}

/** Makes conditions of what is collected, after each file anew; what a file does not change is made once. */
export class Compiler {
  readonly lists: CompiledLists
  readonly macros = new Map<string, CompiledMacro>()
  readonly rules = new Map<string, CompiledRule>()
  readonly usedMacros = new Set<string>()
  private readonly collection: Collection
  private readonly options: LoadOptions
  private readonly parsed = new Map<string, Parsed>()
  private readonly sizes: Sizes = new Map()
  private checks = 0
  private listRoom = 0
  private readonly caches = new Map<string, CheckCache<never>>()
  private readonly kindSets: ReadonlyMap<string, SourceKinds>
  private readonly said = new Set<string>()
  private readonly pending = new Set<string>()
  private earlierMacros: ReadonlyMap<string, CompiledMacro> = new Map()

  constructor(collection: Collection, options: LoadOptions) {
    this.collection = collection
    this.lists = new CompiledLists(collection)
    this.options = options
    this.kindSets = new Map(
      [...(options.kinds ?? [])].map(([source, kinds]) => [source, sourceKinds(kinds, options.namedKinds?.get(source))]),
    )
  }

  /**
   * Compiles all that is known after a file; what is new to complain of goes to that file's report.
   *
   * @throws LoadError if it is too much.
   */
  run(report: Report): void {
    this.earlierMacros = new Map(this.macros)
    this.macros.clear()
    this.listRoom = maxListText
    this.pending.clear()
    this.lists.compile(({ name, touched, context }) =>
      this.once(report, `list ${name} ${touched}`, () => {
        throw new LoadError('LOAD_ERR_VALIDATE', `Lists inside of lists have more than ${maxListItems} items`, context)
      }),
    )
    for (const macro of this.collection.macros.values()) this.macro(macro, report)
    for (const rule of this.collection.rules.values()) if (!report.isFull) this.rule(rule, report)
  }

  private macro(definition: MacroDefinition, report: Report): CompiledMacro {
    const { name, touched } = definition
    const known = this.macros.get(name)
    if (known) return known
    this.pending.add(name)
    const earlier = this.earlierMacros.get(name)
    const text = this.text(definition, earlier, (written) => written)
    const compiled = earlier?.expr && this.stands(earlier, text, touched, report) ? earlier : this.newMacro(definition, text, report)
    this.pending.delete(name)
    this.macros.set(name, compiled)
    return compiled
  }

  private newMacro(definition: MacroDefinition, text: WrittenText, report: Report): CompiledMacro {
    const { name, touched, context } = definition
    const parsed = this.parse(text, context)
    const macros = this.used(parsed)
    const bodies = new Map<string, Expr>()
    let expr: Expr | undefined
    this.once(report, `macro ${name} ${touched}`, () => {
      expr = this.expand(this.wellFormed(parsed.result, text, context), touched, text, context, bodies, report)
    })
    return this.reuse({ definition, touched, text, expr, bodies, macros })
  }

  // A condition that did not change stays the same object, so that rules which refer to it need not be checked again.
  private reuse(macro: CompiledMacro): CompiledMacro {
    const earlier = this.earlierMacros.get(macro.definition.name)
    return earlier && isSame(earlier, macro) && macro.expr ? { ...macro, expr: earlier.expr } : macro
  }

  private rule(definition: RuleDefinition, report: Report): void {
    const { name, touched, context, source, values } = definition
    const catalogue = this.options.catalogues.get(source)
    if (!catalogue) {
      this.rules.delete(name)
      this.warnOnce(report, 'LOAD_UNKNOWN_SOURCE', `Unknown source ${source}, skipping`, context, undefined, `${touched}`)
      return
    }
    const earlier = this.rules.get(name)
    const text = this.text({ touched, condition: values.condition }, earlier, (written) =>
      withExceptions(written, definition.exceptions.all),
    )
    if (earlier?.checked && this.stands(earlier, text, Number.POSITIVE_INFINITY, report)) return
    const parsed = this.parse(text, context)
    const macros = this.used(parsed)
    const bodies = new Map<string, Expr>()
    const output = outputOf(definition, this.options)
    let compiled: CompiledRule = { definition, touched, text, bodies, macros, checked: undefined, kinds: undefined, output }
    this.once(report, `rule ${name} ${touched}`, () => {
      const whole = this.wellFormed(parsed.result, text, context)
      const expr = this.expand(whole, Number.POSITIVE_INFINITY, text, context, bodies, report)
      if (earlier && earlier.touched === touched && isSame(earlier, compiled)) compiled = { ...compiled, ...checkedOf(earlier) }
      else if (expr) compiled = { ...compiled, ...this.check(compiled, expr, whole, report) }
    })
    this.rules.set(name, compiled)
  }

  private check(rule: CompiledRule, expr: Expr, parsed: Expr, report: Report): Pick<CompiledRule, 'checked' | 'kinds'> {
    const left = { checked: undefined, kinds: undefined }
    const { definition, output, text } = rule
    const { source, context, values } = definition
    const catalogue = this.options.catalogues.get(source)
    if (!catalogue) return left
    if (!checkOutput(output, definition, this.options, report)) return left
    const cache = this.caches.get(source) ?? new CheckCache<never>()
    this.caches.set(source, cache)
    const { condition, faults, warnings } = checkCondition(expr, catalogue, cache)
    const unknown = faults.find(isUnknown)
    if (values['skip-if-unknown-filter'] && unknown) {
      report.warn('LOAD_UNKNOWN_FILTER', unknown.message, ...this.placeOf(unknown, text, context, parsed))
      return left
    }
    for (const warning of warnings) {
      const [place, detail] = this.placeOf(warning, text, context, parsed)
      this.warnOnce(
        report,
        warning.code,
        warning.message,
        place,
        detail,
        warning.macro ? `${source} ${warning.macro} ${warning.start}` : undefined,
      )
    }
    for (const fault of faults) {
      const key = fault.macro === undefined ? `rule ${definition.name}` : `${source} ${fault.macro}`
      this.once(report, `${key} ${fault.start} ${fault.message}`, () => {
        throw this.loadError(fault, text, context, parsed)
      })
    }
    if (!condition) return left
    return { checked: condition, kinds: this.kinds(condition, definition, report) }
  }

  private kinds({ root }: Checked<never>, { source, values, context }: RuleDefinition, report: Report): RuleKinds | undefined {
    const sets = this.kindSets.get(source)
    if (!sets) return undefined
    const count = sets.selected.count(root)
    // A type that is known but never comes is a selection; one that says nothing, or excludes all, is none.
    const isTooMuch = count > manyKinds || (count === 0 && sets.named.count(root) === 0)
    if (values.warn_evttypes && isTooMuch) {
      const message = 'Rule matches too many evt.type values. This has a significant performance penalty.'
      report.warn('LOAD_NO_EVTTYPE', message, context, { hint: 'start the condition with evt.type = …, or say warn_evttypes: false' })
    }
    return new RuleKinds(sets, root)
  }

  /** The text of a condition, the one that was made before where nothing in it changed; `wrap` puts what is written into a longer one. */
  private text(
    { touched, condition }: Pick<MacroDefinition, 'touched' | 'condition'>,
    earlier: Compiled | undefined,
    wrap: (written: string) => string,
  ): WrittenText {
    const known = earlier?.touched === touched && this.hasSameLists(earlier.text) ? earlier.text : undefined
    const text = known ?? this.write(condition, wrap)
    const { names } = text.substituted
    if (names.length > 0) this.listRoom -= text.text.length
    for (const name of names) this.lists.used.add(name)
    return text
  }

  private hasSameLists({ wrapped, text, substituted }: WrittenText): boolean {
    const { changed } = this.lists
    if (changed.length > fewNames || substituted.isTooLong || text.length > this.listRoom) return false
    return !changed.some((name) => wrapped.includes(name))
  }

  private write(parts: MacroDefinition['condition'], wrap: (written: string) => string): WrittenText {
    const { byName, textOf, tokens } = this.lists
    const written = partsText(parts)
    return new WrittenText(parts, written, wrap(written), byName.size > 0 ? textOf : undefined, tokens, this.listRoom)
  }

  /** Whether what was made of a text still holds: the macros in it have the same bodies. */
  private stands(earlier: Compiled, text: WrittenText, touched: number, report: Report): boolean {
    if (earlier.text !== text) return false
    for (const [name, body] of earlier.bodies) {
      const definition = this.visible(name, touched)
      if (definition === undefined || this.macro(definition, report).expr !== body) return false
    }
    return true
  }

  private parse({ text }: WrittenText, context: Context): Parsed {
    const known = this.parsed.get(text)
    if (known) return known
    const parsed = parsedOf(text)
    this.checks += parsed.checks
    if (this.checks > maxChecks) {
      throw new LoadError('LOAD_ERR_VALIDATE', `The conditions of all rules have more than ${maxChecks} checks`, context, {
        hint: 'compare a field with many values at once: proc.name in (...)',
      })
    }
    this.parsed.set(text, parsed)
    return parsed
  }

  private wellFormed(parsed: Expr | ConditionFault, text: WrittenText, context: Context): Expr {
    if (text.substituted.isTooLong)
      throw new LoadError('LOAD_ERR_VALIDATE', 'The condition is too long with the items of its lists', context)
    if (parsed instanceof ConditionFault) throw this.loadError(parsed, text, context)
    return parsed
  }

  private used({ macros }: Parsed): readonly string[] {
    for (const name of macros) this.usedMacros.add(name)
    return macros
  }

  /** Puts bodies in place of names; undefined if one of them is not there for a reason that was told. */
  private expand(
    parsed: Expr,
    touched: number,
    text: WrittenText,
    context: Context,
    bodies: Map<string, Expr>,
    report: Report,
  ): Expr | undefined {
    let isSilent = false
    const lookup = (name: string): Expr | undefined => {
      const definition = this.visible(name, touched)
      if (definition === undefined) {
        isSilent = this.collection.macros.isRefused(name)
        return undefined
      }
      const { expr } = this.macro(definition, report)
      if (expr) bodies.set(name, expr)
      else isSilent = true
      return expr
    }
    try {
      return expandMacros(parsed, lookup, this.sizes)
    } catch (error) {
      if (!(error instanceof ConditionFault)) throw error
      if (isSilent) return undefined
      throw this.loadError(error, text, context)
    }
  }

  private visible(name: string, touched: number): MacroDefinition | undefined {
    const definition = this.collection.macros.get(name)
    return definition !== undefined && definition.index < touched && !this.pending.has(name) ? definition : undefined
  }

  private loadError(fault: ConditionFault, text: WrittenText, context: Context, parsed?: Expr): LoadError {
    const code = fault.code === 'unknown-macro' ? 'LOAD_ERR_VALIDATE' : 'LOAD_ERR_COMPILE_CONDITION'
    const [place, detail] = this.placeOf(fault, text, context, parsed)
    return new LoadError(code, fault.message, place, { ...detail, hint: fault.hint ?? detail.hint })
  }

  /** A fault inside a macro is shown there; a warning where the rule refers to the macro. */
  private placeOf(
    found: { readonly start: number; readonly macro?: string | undefined },
    text: WrittenText,
    context: Context,
    parsed: Expr | undefined,
  ): [Context, { snippet?: string | undefined; hint?: string | undefined }] {
    const macro = found.macro === undefined ? undefined : this.macros.get(found.macro)
    if (macro && found instanceof ConditionFault) {
      const { name, context: own } = macro.definition
      const parent = context.type === 'rule' ? new Context('macro', name, own.source, own.at, context) : own
      const { context: at, snippet } = macro.text.place(found.start, 'condition expression', parent)
      return [at, { snippet }]
    }
    const start = macro && parsed ? this.referenceTo(macro.definition.name, parsed) : found.start
    const { context: at, snippet } = text.place(start, 'condition expression', context)
    return [at, { snippet, hint: macro ? `in the macro '${macro.definition.name}': ${macro.text.written}` : undefined }]
  }

  private referenceTo(name: string, parsed: Expr): number {
    let start = 0
    walk(parsed, (expr) => {
      if (expr.kind !== 'macro' || start > 0) return
      const body = this.macros.get(expr.name)?.expr
      if (expr.name === name || (body && macrosOf(body).includes(name))) start = expr.start
    })
    return start
  }

  private once(report: Report, key: string, action: () => void): void {
    if (this.said.has(key)) {
      // Said before: what fails again fails silently.
      try {
        action()
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
      }
      return
    }
    if (!report.try(action)) this.said.add(key)
  }

  private warnOnce(
    report: Report,
    code: WarningCode,
    message: string,
    context: Context,
    detail?: Parameters<Report['warn']>[3],
    key?: string,
  ): void {
    if (key !== undefined) {
      const full = `${code} ${message} ${key}`
      if (this.said.has(full)) return
      this.said.add(full)
    }
    report.warn(code, message, context, detail)
  }
}

function isSame(a: Compiled, b: Compiled): boolean {
  return (
    a.text.text === b.text.text && a.bodies.size === b.bodies.size && [...a.bodies].every(([name, body]) => b.bodies.get(name) === body)
  )
}

function checkedOf({ checked, kinds }: CompiledRule): Pick<CompiledRule, 'checked' | 'kinds'> {
  return { checked, kinds }
}

function isUnknown({ code }: ConditionFault): boolean {
  return code === 'unknown-field' || code === 'unknown-event-type'
}
