import type { Checked, CheckNode, Node } from './checked.ts'
import type { Scalar, Value } from './field.ts'
import { testModified, testShape } from './operators.ts'

/**
 * Whether the condition holds on the event.
 *
 * The meaning of the language, written for reading; `compileKind` is the fast form of the same.
 */
export function evaluate<E>(condition: Checked<E>, event: E): boolean {
  return evaluateNode(condition.root, event)
}

export function evaluateNode<E>(node: Node<E>, event: E): boolean {
  switch (node.kind) {
    case 'and':
      return node.items.every((item) => evaluateNode(item, event))
    case 'or':
      return node.items.some((item) => evaluateNode(item, event))
    case 'not':
      return !evaluateNode(node.item, event)
    case 'check':
      return evaluateCheck(node, event)
  }
}

export function evaluateCheck<E>(check: CheckNode<E>, event: E): boolean {
  return testCheck(check, check.left.read(event), check.operand?.read(event))
}

/** Whether a check holds for values that were read from an event; `right` is that of the check's operand, if it has one. */
export function testCheck(check: CheckNode<never>, left: Value, right: Value): boolean {
  const { operator, rights, modifier } = check
  if (left === undefined) return false
  if (operator === undefined) return true
  if (check.operand !== undefined) {
    if (right === undefined) return false
    const others = Array.isArray(right) ? (right as readonly Scalar[]) : [right as Scalar]
    return testList(check, left, others)
  }
  if (modifier !== undefined) {
    return testModified(modifier, rights.length, (i) => testShape(operator, check.left.shape, left, rights[i] as Scalar))
  }
  return testList(check, left, rights)
}

function testList({ operator, left: { shape } }: CheckNode<never>, left: Value, rights: CheckNode['rights']): boolean {
  if (operator === undefined) return false
  const isOneOf = (value: Scalar) => rights.some((right) => operator.test(value, right))
  if (shape === 'list' && operator.name === 'in') {
    const values = left as readonly Scalar[]
    return values.length > 0 && values.every(isOneOf)
  }
  if (operator.isList) return (Array.isArray(left) ? (left as readonly Scalar[]) : [left as Scalar]).some(isOneOf)
  return rights.some((right) => testShape(operator, shape, left, right))
}
