// The parsed condition, as written. Offsets are UTF-16 units from the start of the text that was parsed; the end is
// exclusive. Nodes are plain immutable data and may be shared: a macro's body is one object in all that refer to it.

export interface Span {
  readonly start: number
  readonly end: number
}

export type OperatorName =
  | '='
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'contains'
  | 'icontains'
  | 'bcontains'
  | 'startswith'
  | 'bstartswith'
  | 'endswith'
  | 'glob'
  | 'iglob'
  | 'regex'
  | 'in'
  | 'intersects'
  | 'pmatch'

export type Modifier = 'oneof' | 'anyof' | 'allof'

export type TransformerName = 'val' | 'tolower' | 'toupper' | 'b64' | 'basename' | 'len' | 'join' | 'concat' | 'getopt'

export interface Logic extends Span {
  readonly kind: 'and' | 'or'
  /** Two or more. */
  readonly items: readonly Expr[]
}

export interface Not extends Span {
  readonly kind: 'not'
  readonly item: Expr
}

/** A name that stands alone. `body` is there once macros are expanded; its offsets are those of the macro's own text. */
export interface MacroRef extends Span {
  readonly kind: 'macro'
  readonly name: string
  readonly body?: Expr
}

export interface Exists extends Span {
  readonly kind: 'exists'
  readonly left: Operand
}

export interface Compare extends Span {
  readonly kind: 'compare'
  readonly left: Operand
  readonly operator: OperatorName
  readonly modifier?: Modifier
  readonly right: Literal | LiteralList | ListName | Operand
}

export type Expr = Logic | Not | MacroRef | Exists | Compare

/** `proc.aname[2]`: name and argument as written, `evt.arg.fd` still whole. */
export interface FieldRef extends Span {
  readonly kind: 'field'
  readonly name: string
  readonly arg?: string
}

/** `tolower(proc.name)`, `getopt(proc.args, "n:")[n]`. */
export interface Call extends Span {
  readonly kind: 'call'
  readonly name: TransformerName
  readonly args: readonly Argument[]
  readonly arg?: string
}

export type Operand = FieldRef | Call

export interface ArgumentList extends Span {
  readonly kind: 'arguments'
  readonly items: readonly Argument[]
}

export type Argument = Operand | Literal | ArgumentList

/** A value as Unicode text, without its quotes and escapes. */
export interface Literal extends Span {
  readonly kind: 'literal'
  readonly text: string
}

export interface LiteralList extends Span {
  readonly kind: 'list'
  readonly items: readonly Literal[]
}

/** A name where a list is expected: a list that nobody defined, so just the one value. */
export interface ListName extends Span {
  readonly kind: 'name'
  readonly text: string
}

/** Every expression of the tree once, a shared one once, outermost first. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  const seen = new Set<Expr>()
  const pending: Expr[] = [expr]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    visit(next)
    const children = childrenOf(next)
    for (let i = children.length - 1; i >= 0; i--) pending.push(children[i] as Expr)
  }
}

export function childrenOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'and' || expr.kind === 'or') return expr.items
  if (expr.kind === 'not') return [expr.item]
  return expr.kind === 'macro' && expr.body !== undefined ? [expr.body] : []
}

/** The fields that an expression names, as written and each once, in the order of the text. */
export function fieldsOf(expr: Expr): string[] {
  const names = new Set<string>()
  walk(expr, (node) => {
    if (node.kind !== 'exists' && node.kind !== 'compare') return
    addFields(node.left, names)
    if (node.kind === 'compare' && (node.right.kind === 'field' || node.right.kind === 'call')) addFields(node.right, names)
  })
  return [...names]
}

/** The operators that an expression uses, each once, in the order of the text; `not` and the logic are left out. */
export function operatorsOf(expr: Expr): string[] {
  const names = new Set<string>()
  walk(expr, (node) => {
    if (node.kind === 'exists') names.add('exists')
    if (node.kind === 'compare') names.add(node.operator)
  })
  return [...names]
}

/** The macros that an expression refers to, through other macros too, each once. */
export function macrosOf(expr: Expr): string[] {
  const names = new Set<string>()
  walk(expr, (node) => {
    if (node.kind === 'macro') names.add(node.name)
  })
  return [...names]
}

function addFields(argument: Argument, names: Set<string>): void {
  if (argument.kind === 'field') names.add(argument.name)
  if (argument.kind === 'call') for (const inner of argument.args) addFields(inner, names)
  if (argument.kind === 'arguments') for (const inner of argument.items) addFields(inner, names)
}
