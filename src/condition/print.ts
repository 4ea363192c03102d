import type { Argument, Compare, Expr } from './ast.ts'
import { withEscapes } from './text.ts'

/**
 * The condition on one line, in the form in which load results show it: macros expanded, logic in parentheses.
 *
 * Scripts compare it with Falco's, which leaves out quotes that a condition would need: `rewriteCondition` puts them.
 */
export function printCondition(expr: Expr): string {
  return print(expr, shown)
}

/** As `printCondition`, but so that `parseCondition` reads the same condition from it, macros expanded. */
export function rewriteCondition(expr: Expr): string {
  return print(expr, readable)
}

/** A field, transformer, value or list of arguments as it stands in a printed condition. */
export function printOperand(operand: Argument): string {
  return printArgument(operand, shown)
}

interface Style {
  readonly value: (text: string) => string
  /** A text inside a transformer. */
  readonly argument: (text: string) => string
  /** A text in brackets. */
  readonly key: (text: string) => string
}

// Falco puts a value in quotes for these characters; parentheses are not among them.
const needsQuotes = /[ \t\n\r\b"'=,\\]|(?<![\ud800-\udbff])[\udc80-\udcff]/
const isBare = /^[^ \b\t\n\r(),="'\\\ud800-\udfff]+$/
const shownText = (text: string) => (needsQuotes.test(text) ? quote(text) : text)
const shown: Style = { value: shownText, argument: shownText, key: (text) => (text === '' ? '""' : shownText(text)) }
const readable: Style = {
  value: (text) => (isBare.test(text) ? text : quote(text)),
  argument: quote,
  key: (text) => (isBare.test(text) && !/[[\]]/.test(text) ? text : quote(text)),
}

function print(expr: Expr, style: Style): string {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return `(${expr.items.map((item) => print(item, style)).join(` ${expr.kind} `)})`
    case 'not':
      return `not ${print(expr.item, style)}`
    case 'macro':
      return expr.body === undefined ? expr.name : print(expr.body, style)
    case 'exists':
      return `${printArgument(expr.left, style)} exists`
    case 'compare': {
      const operator = expr.modifier === undefined ? expr.operator : `${expr.operator} ${expr.modifier}`
      return `${printArgument(expr.left, style)} ${operator} ${printRight(expr.right, style)}`
    }
  }
}

function printRight(right: Compare['right'], style: Style): string {
  switch (right.kind) {
    case 'list':
      return `(${right.items.map((item) => style.value(item.text)).join(', ')})`
    case 'name':
      return right.text
    case 'literal':
      return style.value(right.text)
    default:
      return printArgument(right, style)
  }
}

function printArgument(operand: Argument, style: Style): string {
  switch (operand.kind) {
    case 'field':
      return operand.name + inBrackets(operand.arg, style)
    case 'call':
      return `${operand.name}(${operand.args.map((arg) => printArgument(arg, style)).join(',')})${inBrackets(operand.arg, style)}`
    case 'literal':
      return style.argument(operand.text)
    case 'arguments':
      return `(${operand.items.map((item) => printArgument(item, style)).join(',')})`
  }
}

function inBrackets(arg: string | undefined, style: Style): string {
  return arg === undefined ? '' : `[${style.key(arg)}]`
}

function quote(text: string): string {
  return `"${withEscapes(text.replace(/["\\]/g, '\\$&'))}"`
}
