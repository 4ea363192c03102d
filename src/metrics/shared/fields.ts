import type { Facts, Metric, Sample, Unit, Value } from '../metric.ts'

export interface FieldOptions {
  /** Memory in MB with one decimal, instead of KB or bytes. */
  readonly isMb: boolean
  /** Whether values of nothing are shown. */
  readonly hasEmpty: boolean
}

/** A snapshot as the fields of an alert, sorted by name. */
export function fieldsOf(metrics: readonly Metric[], facts: Facts, options: FieldOptions): [name: string, value: Value][] {
  const fields = metrics.flatMap((metric) => fieldsOfMetric(metric, facts, options))
  return fields.sort(([a], [b]) => (a < b ? -1 : 1))
}

function fieldsOfMetric(metric: Metric, facts: Facts, options: FieldOptions): [string, Value][] {
  const { field, unit, group } = metric
  if (field === undefined) return []
  const fields = samplesOf(metric, facts).map(({ key = '', value }): [string, Value] => {
    const name = field.replace('*', () => key)
    return unit === undefined || typeof value !== 'number' ? [name, value] : withUnit(name, value, unit, options.isMb)
  })
  // What tells who speaks is there in any case.
  return options.hasEmpty || group === 'base' ? fields : fields.filter(([, value]) => value !== 0 && value !== '')
}

/** The values of a metric, with or without labels; none where it is not known. */
export function samplesOf(metric: Metric, facts: Facts): readonly Sample[] {
  const got = metric.get(facts)
  if (got === undefined) return []
  return typeof got === 'object' ? got : [{ value: got }]
}

const kib = 1024

function withUnit(name: string, value: number, unit: Unit, isMb: boolean): [string, number] {
  if (unit === 'ratio') return [`${name}_perc`, oneDecimal(value * 100)]
  if (isMb) return [`${name}_mb`, oneDecimal(value / kib / kib)]
  return unit === 'kilobytes' ? [`${name}_kb`, Math.round(value / kib)] : [`${name}_bytes`, value]
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10
}
