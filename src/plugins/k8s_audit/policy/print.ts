import type { Policy, PolicyLine } from './make.ts'

/** The policy as YAML for kube-apiserver, with the reasons as comments. */
export function printPolicy({ lines, omitStages, notes }: Policy): string {
  return [
    ...notes.map((note) => `# ${note}`),
    'apiVersion: audit.k8s.io/v1',
    'kind: Policy',
    '# The bookkeeping of server-side apply: no field reads it.',
    'omitManagedFields: true',
    ...(omitStages.length === 0
      ? []
      : ['# No rule asks for it: what they ask for comes with a later stage.', `omitStages: ${flow(omitStages)}`]),
    'rules:',
    ...lines.flatMap(printLine),
    '  # Nothing else is asked for.',
    '  - level: None',
    '',
  ].join('\n')
}

function printLine({ level, reasons, users, userGroups, verbs, resources, nonResourceURLs }: PolicyLine): string[] {
  return [
    ...reasons.map((reason) => `  # ${reason}`),
    `  - level: ${level}`,
    ...keyed('users', users),
    ...keyed('userGroups', userGroups),
    ...keyed('verbs', verbs),
    ...(resources === undefined ? [] : ['    resources:', ...[...resources].flatMap(printGroup)]),
    ...keyed('nonResourceURLs', nonResourceURLs),
  ]
}

function printGroup([group, names]: readonly [string, readonly string[]]): string[] {
  return [`      - group: ${quoted(group)}`, `        resources: ${flow(names)}`]
}

function keyed(key: string, values: readonly string[] | undefined): string[] {
  return values === undefined ? [] : [`    ${key}: ${flow(values)}`]
}

function flow(values: readonly string[]): string {
  return `[${values.map(quoted).join(', ')}]`
}

// JSON is YAML, and a star or a colon means something there.
function quoted(value: string): string {
  return /^[A-Za-z][A-Za-z0-9._-]*$/.test(value) ? value : JSON.stringify(value)
}
