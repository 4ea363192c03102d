// A reader of Prometheus' text format, version 0.0.4, as strict as Prometheus itself and promtool's lint: what it finds wrong, it says.

export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const labelPair = /([^=,{}]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

export function readExposition(text: string): { readonly families: readonly Family[]; readonly problems: readonly string[] } {
  const families: Family[] = []
  const problems: string[] = []
  const seen = new Set<string>()
  if (!text.endsWith('\n')) problems.push('the last line does not end')
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      if (families.some((family) => family.name === name)) problems.push(`${name} is there twice`)
      families.push({ name, help: rest, type: '', samples: [] })
      continue
    }
    const last = families.at(-1)
    if (keyword === 'TYPE' && last?.name === name && last.type === '') {
      families[families.length - 1] = { ...last, type: rest }
      continue
    }
    const [, sampleName, labelText = '', value] = sampleLine.exec(line) ?? []
    if (!last || sampleName !== last.name) {
      problems.push(`not a line of the family before: ${line}`)
      continue
    }
    const labels = readLabels(labelText)
    if (!labels) problems.push(`labels that cannot be read: ${line}`)
    if (!Number.isFinite(Number(value))) problems.push(`not a number: ${line}`)
    const series = `${sampleName} ${JSON.stringify(Object.entries(labels ?? {}).sort())}`
    if (seen.has(series)) problems.push(`the same series twice: ${line}`)
    seen.add(series)
    last.samples.push({ labels: labels ?? {}, value: Number(value) })
  }
  return { families, problems: [...problems, ...families.flatMap(lint)] }
}

function readLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  labelPair.lastIndex = 0
  for (let end = 0; end < text.length; end = labelPair.lastIndex) {
    const [, name = '', value = ''] = labelPair.exec(text) ?? []
    if (!labelName.test(name) || name in labels) return undefined
    labels[name] = value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
  }
  return labels
}

function lint({ name, type, help, samples }: Family): string[] {
  const problems: string[] = []
  if (!metricName.test(name)) problems.push(`${name} is no name`)
  if (help === '') problems.push(`${name} has no help`)
  if (type !== 'counter' && type !== 'gauge') problems.push(`${name} is a ${type || 'nothing'}`)
  if (samples.length === 0) problems.push(`${name} has no values`)
  const isTotal = name.endsWith('_total')
  if (type === 'counter' && !isTotal) problems.push(`counter ${name} lacks _total`)
  // Falco has some of these, and its names are what dashboards ask for.
  if (type !== 'counter' && isTotal && !name.startsWith('falcosecurity_')) problems.push(`${name} is no counter, but a _total`)
  return problems
}
