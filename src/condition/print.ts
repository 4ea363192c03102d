import type { Argument, Compare, Expr } from './ast.ts'

// Characters for which a value is put in quotes. Parentheses are not among them: Falco prints them bare.
const needsQuotes = /[ \t\n\r\b"'=,\\]/

/** The condition on one line, in the form in which load results show it: macros expanded, logic in parentheses. */
export function printCondition(expr: Expr): string {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return `(${expr.items.map(printCondition).join(` ${expr.kind} `)})`
    case 'not':
      return `not ${printCondition(expr.item)}`
    case 'macro':
      return expr.body === undefined ? expr.name : printCondition(expr.body)
    case 'exists':
      return `${printOperand(expr.left)} exists`
    case 'compare': {
      const operator = expr.modifier === undefined ? expr.operator : `${expr.operator} ${expr.modifier}`
      return `${printOperand(expr.left)} ${operator} ${printRight(expr.right)}`
    }
  }
}

/** A field, transformer, value or list of arguments as it stands in a printed condition. */
export function printOperand(operand: Argument): string {
  switch (operand.kind) {
    case 'field':
      return operand.name + printArgument(operand.arg)
    case 'call':
      return `${operand.name}(${operand.args.map(printOperand).join(',')})${printArgument(operand.arg)}`
    case 'literal':
      return printValue(operand.text)
    case 'arguments':
      return `(${operand.items.map(printOperand).join(',')})`
  }
}

function printRight(right: Compare['right']): string {
  if (right.kind === 'list') return `(${right.items.map((item) => printValue(item.text)).join(', ')})`
  return right.kind === 'name' ? right.text : printOperand(right)
}

function printArgument(arg: string | undefined): string {
  if (arg === undefined) return ''
  return `[${arg === '' || needsQuotes.test(arg) ? quote(arg) : arg}]`
}

function printValue(text: string): string {
  return needsQuotes.test(text) ? quote(text) : text
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
