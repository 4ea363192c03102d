import type {
  Argument,
  Call,
  Compare,
  Expr,
  FieldRef,
  ListName,
  Literal,
  LiteralList,
  Logic,
  Modifier,
  Operand,
  OperatorName,
} from './ast.ts'
import { ConditionFault, type ConditionFaultCode } from './fault.ts'
import { Lexer, operatorNames, transformerNames } from './lexer.ts'

/** How deep parentheses and transformers may nest. */
export const maxDepth = 1000
/** How many checks and macros one condition may have; lists count as one. */
export const maxChecks = 100_000

const quotedList = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')
const transformed = `a field with a valid transformer: ${quotedList(transformerNames)}`
const operatorExpected = `expected a valid check operator: one of ${quotedList(['exists', ...operatorNames])}`

/**
 * Parses a condition, in which lists are already substituted.
 *
 * Macros stay names (`expandMacros`), fields and values are not looked at (`checkCondition`).
 *
 * @throws ConditionFault `condition-syntax` or `condition-too-deep`, with the offset of what was not understood.
 */
export function parseCondition(text: string): Expr {
  return new Parser(text).condition()
}

class Parser {
  private readonly lexer: Lexer
  private depth = 0
  private checks = 0

  constructor(text: string) {
    this.lexer = new Lexer(text)
  }

  condition(): Expr {
    const { lexer } = this
    lexer.blank()
    const expr = this.or()
    lexer.blank()
    if (!lexer.isAtEnd) throw this.fault(`unexpected token after '${lexer.last}', expecting 'or', 'and'`)
    return expr
  }

  private or(): Expr {
    return this.logic('or')
  }

  private logic(kind: Logic['kind']): Expr {
    const { lexer } = this
    const first = this.logicItem(kind)
    lexer.blank()
    if (!lexer.conjunction(kind)) return first
    const items = [first]
    do {
      if (!lexer.blank() && lexer.text[lexer.position] !== '(') throw this.fault(`expected blank or '(' after '${kind}'`)
      items.push(this.logicItem(kind))
      lexer.blank()
    } while (lexer.conjunction(kind))
    return { kind, items, start: first.start, end: items[items.length - 1]?.end ?? first.end }
  }

  private logicItem(kind: Logic['kind']): Expr {
    return kind === 'or' ? this.logic('and') : this.not()
  }

  private not(): Expr {
    const { lexer } = this
    lexer.blank()
    const start = lexer.position
    let isNegated = false
    while (lexer.not()) {
      isNegated = !isNegated
      lexer.blank()
    }
    const item = this.check()
    return isNegated ? { kind: 'not', item, start, end: item.end } : item
  }

  private check(): Expr {
    const { lexer } = this
    const start = lexer.position
    if (lexer.symbol('(')) return this.parenthesis(start)
    if (++this.checks > maxChecks) throw this.tooMany()
    const left = this.operand()
    if (left !== undefined) return this.comparison(left)
    const name = lexer.identifier()
    if (name === undefined) throw this.fault("expected a '(' token, a field check, or an identifier")
    return { kind: 'macro', name, start, end: lexer.position }
  }

  private parenthesis(start: number): Expr {
    const { lexer } = this
    this.enter(start)
    lexer.blank()
    const expr = this.or()
    lexer.blank()
    if (!lexer.symbol(')')) throw this.fault("expected a ')' token")
    this.depth--
    return expr
  }

  private comparison(left: Operand): Expr {
    const { lexer } = this
    const { start } = left
    if (left.kind === 'call' && left.name === 'val') throw this.fault("'val' stands on the right-hand side of a check only", left)
    lexer.blank()
    const symbol = lexer.symbolOperator()
    if (symbol !== undefined && symbol !== '=' && symbol !== '==' && symbol !== '!=') return compare(left, symbol, this.number())
    if (symbol === undefined && lexer.exists()) return { kind: 'exists', left, start, end: lexer.position }
    const listOperator = symbol === undefined ? lexer.listOperator() : undefined
    if (listOperator !== undefined) return compare(left, listOperator, this.list(listOperator))
    const operator = symbol ?? lexer.wordOperator()
    if (operator === undefined) throw this.fault(operatorExpected)
    const isApart = lexer.blank()
    const modified = isApart ? this.modified() : undefined
    return modified ? compare(left, operator, modified.list, modified.modifier) : compare(left, operator, this.value())
  }

  /** A modifier and its list; a modifier's name that no list follows is an ordinary value. */
  private modified(): { modifier: Modifier; list: LiteralList | ListName } | undefined {
    const { lexer } = this
    const before = { position: lexer.position, last: lexer.last }
    const modifier = lexer.modifier()
    if (modifier === undefined) return undefined
    lexer.blank()
    const list = this.literalList() ?? this.listName()
    if (list !== undefined && !(list.kind === 'name' && (list.text === 'and' || list.text === 'or'))) return { modifier, list }
    lexer.position = before.position
    lexer.last = before.last
    return undefined
  }

  private value(): Compare['right'] {
    const right = this.call() ?? this.lexer.value()
    if (right === undefined) throw this.fault(`expected a string value or ${transformed}`)
    return right
  }

  private number(): Compare['right'] {
    const { lexer } = this
    lexer.blank()
    const call = this.call()
    if (call !== undefined) return call
    const start = lexer.position
    const text = lexer.number()
    if (text === undefined) throw this.fault(`expected a number value or ${transformed}`)
    return { kind: 'literal', text, start, end: lexer.position }
  }

  private list(operator: OperatorName): Compare['right'] {
    const { lexer } = this
    lexer.blank()
    const right = this.literalList() ?? this.call() ?? this.listName()
    if (right === undefined) throw this.fault(`expected a list, an identifier, or ${transformed}`, undefined, listHint(operator))
    return right
  }

  private literalList(): LiteralList | undefined {
    const { lexer } = this
    const start = lexer.position
    if (!lexer.symbol('(')) return undefined
    const items: Literal[] = []
    lexer.blank()
    if (!lexer.symbol(')')) {
      do {
        lexer.blank()
        const item = lexer.value()
        if (item === undefined) throw this.fault('expected a string value')
        items.push(item)
        lexer.blank()
      } while (lexer.symbol(','))
      if (!lexer.symbol(')')) throw this.fault("expected a ')' token")
    }
    return { kind: 'list', items, start, end: lexer.position }
  }

  private listName(): ListName | undefined {
    const start = this.lexer.position
    const text = this.lexer.identifier()
    return text === undefined ? undefined : { kind: 'name', text, start, end: this.lexer.position }
  }

  private operand(): Operand | undefined {
    return this.field() ?? this.call()
  }

  private field(): FieldRef | undefined {
    const start = this.lexer.position
    const name = this.lexer.fieldName()
    if (name === undefined) return undefined
    const arg = this.fieldArgument()
    const end = this.lexer.position
    return arg === undefined ? { kind: 'field', name, start, end } : { kind: 'field', name, arg, start, end }
  }

  private fieldArgument(): string | undefined {
    const { lexer } = this
    if (!lexer.symbol('[')) return undefined
    const arg = lexer.argument()
    if (arg === undefined) throw this.fault('expected a valid field argument: a quoted string or a bare string')
    if (!lexer.symbol(']')) throw this.fault("expected a ']' token")
    return arg
  }

  private call(): Call | undefined {
    const { lexer } = this
    const start = lexer.position
    const name = lexer.transformer()
    if (name === undefined) return undefined
    this.enter(start)
    const args = this.callArguments()
    this.depth--
    if (name === 'val' && args[0]?.kind !== 'field') throw this.fault("'val' takes a field", args[0])
    const inner = args.find((arg) => arg.kind === 'call' && arg.name === 'val')
    if (inner !== undefined) throw this.fault("'val' cannot stand inside another transformer", inner)
    const arg = this.fieldArgument()
    const end = lexer.position
    return arg === undefined ? { kind: 'call', name, args, start, end } : { kind: 'call', name, args, arg, start, end }
  }

  /** What stands between parentheses, of which the first is read. */
  private callArguments(): Argument[] {
    const { lexer } = this
    const args: Argument[] = []
    do {
      lexer.blank()
      args.push(this.callArgument())
      lexer.blank()
    } while (lexer.symbol(','))
    if (!lexer.symbol(')')) throw this.fault("expected a ')' token")
    return args
  }

  private callArgument(): Argument {
    const { lexer } = this
    const start = lexer.position
    if (lexer.symbol('(')) {
      this.enter(start)
      lexer.blank()
      const items = lexer.symbol(')') ? [] : this.callArguments()
      this.depth--
      return { kind: 'arguments', items, start, end: lexer.position }
    }
    const found = this.operand() ?? lexer.quoted()
    if (found !== undefined) return found
    const text = lexer.number()
    if (text !== undefined) return { kind: 'literal', text, start, end: lexer.position }
    throw this.fault('expected field transformer argument: field, transformer, quoted string, number, or transformer list')
  }

  private enter(start: number): void {
    this.depth++
    if (this.depth <= maxDepth) return
    const hint = 'split the condition into macros'
    throw new ConditionFault('condition-too-deep', `exceeded max depth limit of ${maxDepth}`, { start, hint })
  }

  private tooMany(): ConditionFault {
    const hint = 'compare a field with many values at once: proc.name in (...)'
    const message = `the condition has more than ${maxChecks} checks`
    return new ConditionFault('condition-too-deep', message, { start: this.lexer.position, hint })
  }

  private fault(message: string, at?: { start: number; end: number }, hint?: string): ConditionFault {
    const code: ConditionFaultCode = 'condition-syntax'
    const start = at?.start ?? this.lexer.position
    return new ConditionFault(code, message, { start, end: at?.end ?? start + 1, hint })
  }
}

function compare(left: Operand, operator: OperatorName, right: Compare['right'], modifier?: Modifier): Compare {
  const base = { kind: 'compare', left, operator, right, start: left.start, end: right.end } as const
  return modifier === undefined ? base : { ...base, modifier }
}

function listHint(operator: OperatorName): string {
  return `put the values of '${operator}' in parentheses, with commas between them`
}
