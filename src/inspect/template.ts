const head = '*%evt.num %evt.outputtime %evt.cpu'
const tail = '%evt.dir %evt.type %evt.info'
const threads = '%proc.name (%thread.tid:%thread.vtid)'

// The star shows lines in which a field has no value.
const eventLine = `${head} %proc.name (%thread.tid) ${tail}`
const containerLine = `${head} %container.name (%container.id) ${threads} ${tail}`
const podLine = `${head} %k8s.pod.name (%container.id) ${threads} ${tail}`

const lines: ReadonlyMap<string, string> = new Map([
  ['c', containerLine],
  ['container', containerLine],
  ['k', podLine],
  ['kubernetes', podLine],
])

/** The output format that `-p` asks for, as sysdig reads it: the line of an event, one of its variants by name, or a format of its own. */
export function lineTemplate(asked: string | undefined): string {
  if (asked === undefined) return eventLine
  return lines.get(asked) ?? withoutEscapes(asked)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', e: '\x1b', '\\': '\\' }

// Any other backslash stands for itself.
function withoutEscapes(text: string): string {
  return text.replace(/\\([nte\\])/g, (whole, letter: string) => escapes[letter] ?? whole)
}
