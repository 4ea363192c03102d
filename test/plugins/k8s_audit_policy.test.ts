import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { makePolicy } from '../../src/plugins/k8s_audit/policy/make.ts'
import type { PolicyRule } from '../../src/plugins/k8s_audit/policy/needs.ts'
import { printPolicy } from '../../src/plugins/k8s_audit/policy/print.ts'
import { verifyPolicy } from '../../src/plugins/k8s_audit/policy/verify.ts'
import { loadAuditRules, loadRulesText } from '../rules/k8s_audit.ts'

function rulesOf(...conditions: (string | [condition: string, output: string])[]): PolicyRule[] {
  const items = conditions.map((each, i) => {
    const [condition, output] = typeof each === 'string' ? [each, 'x'] : each
    return { rule: `rule ${i + 1}`, desc: 'd', condition, output, priority: 'INFO', source: 'k8s_audit' }
  })
  return policyRules(loadRulesText(JSON.stringify(items)))
}

function policyRules({ ruleset }: ReturnType<typeof loadRulesText>): PolicyRule[] {
  return ruleset.rules.map(({ name, checked, format }) => ({
    name,
    condition: checked,
    shown: [...format.matchAll(/%([a-z._]+(?:\[[^\]]*\])?)/gi)].map((match) => match[1] ?? ''),
  }))
}

interface Line {
  readonly level: string
  readonly verbs?: readonly string[]
  readonly resources?: readonly { readonly group: string; readonly resources: readonly string[] }[]
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
}

function linesOf(rules: readonly PolicyRule[], extent: 'needed' | 'minimal' | 'full' = 'needed'): Line[] {
  const { rules: lines } = parse(printPolicy(makePolicy(rules, extent))) as { rules: Line[] }
  return lines
}

const none = { level: 'None' }
const on = (group: string, ...resources: string[]) => [{ group, resources }]

describe('the policy for rules', () => {
  test.each<[string, string | [string, string], Line[]]>([
    [
      'metadata is enough',
      'ka.target.resource = secrets and ka.verb = get',
      [{ level: 'Metadata', verbs: ['get'], resources: on('', 'secrets') }],
    ],
    [
      'a field of the request',
      'ka.target.resource = pods and ka.verb = create and ka.req.pod.host_pid = true',
      [{ level: 'Request', verbs: ['create'], resources: on('', 'pods') }],
    ],
    [
      'a field of the response',
      'ka.target.resource = pods and ka.verb = create and ka.resp.name = x',
      [{ level: 'RequestResponse', verbs: ['create'], resources: on('', 'pods') }],
    ],
    [
      'a pointer',
      'jevt.value[/objectRef/resource] = jobs and jevt.value[/verb] in (delete) and jevt.value[/requestObject/x] exists',
      [{ level: 'Request', verbs: ['delete'], resources: on('batch', 'jobs') }],
    ],
    [
      'what alerts show',
      ['ka.target.resource = roles and ka.verb = create', '%ka.req.role.rules'],
      [{ level: 'Request', verbs: ['create'], resources: on('rbac.authorization.k8s.io', 'roles') }],
    ],
    ['any verb', 'ka.target.resource = nodes', [{ level: 'Metadata', resources: on('', 'nodes') }]],
    ['a subresource', 'ka.target.subresource = exec', [{ level: 'Metadata', resources: on('', 'pods/exec') }]],
    ['a condition that never holds', 'ka.target.resource = pods and jevt.rawtime = 0', []],
    [
      'of an or, the part that is open',
      'ka.target.resource = pods and ka.verb = delete or jevt.rawtime = 0 and ka.req.pod.host_pid = true',
      [{ level: 'Metadata', verbs: ['delete'], resources: on('', 'pods') }],
    ],
  ])('%s', (_, rule, lines) => {
    expect(linesOf(rulesOf(rule))).toEqual([...lines, none])
  })

  test('a rule for everything, and who makes most of the noise', () => {
    expect(linesOf(rulesOf('not ka.user.name startswith "system:"'))).toEqual([
      { level: 'None', users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-proxy', 'system:kube-scheduler'] },
      { level: 'None', userGroups: ['system:nodes', 'system:serviceaccounts'] },
      { level: 'None', users: ['system:anonymous'], nonResourceURLs: ['/healthz*', '/livez*', '/readyz*'] },
      { level: 'Metadata' },
      none,
    ] as Line[])
    expect(linesOf(rulesOf('ka.user.name exists'))).toEqual([{ level: 'Metadata' }, none])
  })

  test('minimal leaves out what alerts only show', () => {
    const rules = rulesOf(['ka.target.resource = roles and ka.verb = create', '%ka.req.role.rules'])
    expect(linesOf(rules, 'minimal')[0]?.level).toBe('Metadata')
  })

  test('full keeps secrets out, but for what rules ask for', () => {
    const rules = rulesOf('ka.target.resource = configmaps and ka.req.configmap.obj contains x')
    expect(linesOf(rules, 'full').map(({ level }) => level)).toEqual(['Request', 'Metadata', 'None', 'RequestResponse', 'None'])
  })

  test('a stage that some rule wants is not omitted', () => {
    expect(makePolicy(rulesOf('ka.stage = RequestReceived'), 'needed').omitStages).toEqual([])
    expect(makePolicy(rulesOf('ka.target.resource = pods'), 'needed').omitStages).toEqual(['RequestReceived'])
  })

  test('a resource that is not known', () => {
    const { notes, lines } = makePolicy(rulesOf('ka.target.resource = widgets'), 'needed')
    expect(notes).toEqual(["The API group of 'widgets' is not known: put it where it says GROUP."])
    expect([...(lines[0]?.resources?.keys() ?? [])]).toEqual(['GROUP'])
  })
})

describe('what a policy blinds', () => {
  const rules = rulesOf(
    'ka.target.resource = secrets and ka.verb in (get, list)',
    'ka.target.resource = pods and ka.verb = create and ka.req.pod.host_pid = true',
    'ka.target.resource = pods and ka.target.subresource = exec and ka.stage = ResponseStarted',
  )
  const policy = (...lines: object[]) => ({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: lines })

  test.each<[string, object, [string, boolean, string[]][]]>([
    ['nothing', policy({ level: 'RequestResponse' }), []],
    [
      'everything',
      policy({ level: 'None' }),
      [
        ['rule 1', true, ['get, list secrets: not recorded (line 1, level None)']],
        ['rule 2', true, ['create pods: not recorded (line 1, level None)']],
        [
          'rule 3',
          true,
          ['create, delete, deletecollection, get, list, patch, update, watch pods/exec: not recorded (line 1, level None)'],
        ],
      ],
    ],
    [
      'what is below its level',
      policy({ level: 'Metadata' }),
      [['rule 2', true, ['create pods: ka.req.pod.host_pid needs level Request (line 1, level Metadata)']]],
    ],
    [
      'some verbs',
      policy({ level: 'None', verbs: ['list'] }, { level: 'Request' }),
      [
        ['rule 1', false, ['list secrets: not recorded (line 1, level None)']],
        ['rule 3', false, ['list pods/exec: not recorded (line 1, level None)']],
      ],
    ],
    [
      'a namespace',
      policy({ level: 'None', namespaces: ['x'], resources: [{ group: '', resources: ['secrets'] }] }, { level: 'Request' }),
      [['rule 1', false, ['get, list secrets of x: not recorded (line 1, level None)']]],
    ],
    ['another group', policy({ level: 'None', resources: [{ group: 'apps' }] }, { level: 'Request' }), []],
    [
      'a stage',
      { ...policy({ level: 'Request' }), omitStages: ['ResponseStarted'] },
      [
        [
          'rule 3',
          true,
          [
            'create, delete, deletecollection, get, list, patch, update, watch pods/exec: stage ResponseStarted is omitted (line 1, level Request)',
          ],
        ],
      ],
    ],
    [
      'no line',
      policy({ level: 'Request', resources: [{ group: '', resources: ['pods', 'pods/*'] }] }),
      [['rule 1', true, ['get, list secrets: no line is about it']]],
    ],
  ])('%s', (_, document, expected) => {
    expect(
      verifyPolicy(document, rules).map(({ rule, isWhole, misses }) => [rule, isWhole, [...misses]] as [string, boolean, string[]]),
    ).toEqual(expected)
  })

  test('users for whom a rule does not hold are no loss', () => {
    const own = rulesOf('ka.target.resource = secrets and not ka.user.name startswith "system:"')
    expect(verifyPolicy(policy({ level: 'None', userGroups: ['system:nodes'] }, { level: 'Metadata' }), own)).toEqual([])
    expect(verifyPolicy(policy({ level: 'None', users: ['alice'] }, { level: 'Metadata' }), own)).toHaveLength(1)
  })

  test.each([
    [[], 'a policy is a map'],
    [{ kind: 'Config' }, 'kind is Policy, not "Config"'],
    [{ kind: 'Policy' }, 'rules is a list of lines'],
    [{ kind: 'Policy', rules: [{ level: 'All' }] }, 'the level of line 1 is one of None, Metadata, Request, RequestResponse, not "All"'],
  ])('%j is none', (document, message) => {
    expect(() => verifyPolicy(document, rules)).toThrow(`this is no audit policy: ${message}`)
  })
})

test.each(['needed', 'minimal', 'full'] as const)('our own rules see all they need with the policy made for them: %s', (extent) => {
  const rules = policyRules(loadAuditRules())
  expect(verifyPolicy(parse(printPolicy(makePolicy(rules, extent))), rules)).toEqual([])
})
