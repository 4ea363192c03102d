import type { Facts, Metric, Sample, Value } from '../metric.ts'
import { samplesOf } from './fields.ts'
import { word } from './word.ts'

/** Content-Type of `prometheusText`. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** A snapshot in the text format of Prometheus, version 0.0.4. */
export function prometheusText(metrics: readonly Metric[], facts: Facts): string {
  return metrics.map((metric) => textOf(metric, facts)).join('')
}

function textOf(metric: Metric, facts: Facts): string {
  const { name, type, help } = metric
  if (name === undefined) return ''
  const families = Map.groupBy(samplesOf(metric, facts), ({ key = '' }) => name.replace('*', () => word(key)))
  const typeName = type === 'counter' ? 'counter' : 'gauge'
  return [...families]
    .map(([family, samples]) => `# HELP ${family} ${help}\n# TYPE ${family} ${typeName}\n${linesOf(metric, family, samples)}`)
    .join('')
}

function linesOf(metric: Metric, family: string, samples: readonly Sample[]): string {
  // The same series twice would make the whole answer invalid: the first one counts.
  const lines = new Map<string, string>()
  for (const sample of samples) {
    const series = `${family}${labelsOf(metric, sample)}`
    if (!lines.has(series)) lines.set(series, `${series} ${numberOf(sample.value)}\n`)
  }
  return [...lines.values()].join('')
}

function labelsOf({ label }: Metric, { labels = {}, value }: Sample): string {
  const all = label === undefined ? labels : { ...labels, [label]: String(value) }
  const pairs = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.length === 0 ? '' : `{${pairs.map(([name, text]) => `${name}="${quoted(text)}"`).join(',')}}`
}

// An info metric is always 1: what it says is in its labels.
function numberOf(value: Value): string {
  return typeof value === 'string' ? '1' : String(value)
}

function quoted(text: string): string {
  return text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))
}
