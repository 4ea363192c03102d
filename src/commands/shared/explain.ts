import { Fault, Faults } from '../../base/fault.ts'

/** A failure as users see it. Anything but a Fault is a mistake of ours, and says so. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof Fault) return [error.format()]
  if (error instanceof Faults) return error.faults.map((fault) => fault.format())
  const message = error instanceof Error ? error.message : String(error)
  return [`unexpected: ${message}\n  this is a defect of Eyas: please report it with the output of --support`]
}
