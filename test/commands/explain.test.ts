import { describe, expect, test } from 'bun:test'
import { callOf, openPlainContext } from '../../src/commands/context.ts'
import { explainRules } from '../../src/commands/explain.ts'
import { explanationText } from '../../src/commands/shared/explanation_text.ts'
import { readRules } from '../../src/commands/shared/rules.ts'

const context = (...option: readonly string[]) => openPlainContext(callOf({ program: 'eyas', words: [], env: {} }, { option }))

const base = `- list: shells
  items: [bash, zsh]
- list: tools
  items: []
- macro: spawned
  condition: (evt.type in (execve, execveat) and evt.res = SUCCESS)
- macro: odd
  condition: (spawned and not proc.name in (tools))
- rule: Shell
  desc: Somebody started a shell.
  condition: spawned and (odd or proc.name in (shells, fish)) and not proc.aname = sshd
  output: Shell | command=%proc.cmdline
  priority: WARNING
  tags: [shell]
  exceptions:
    - name: parents
      fields: proc.pname
      values: [cron]
    - name: pairs
      fields: [proc.name, user.name]
`
const local = `- rule: Shell
  condition: and user.name = root
  priority: ERROR
  override:
    condition: append
    priority: replace
- rule: Other
  desc: Each event.
  condition: proc.cmdline icontains secret
  output: Other
  priority: DEBUG
  warn_evttypes: false
`
const files = [
  { name: '/etc/falco/base.yaml', text: base },
  { name: 'local.yaml', text: local },
]
const explain = (...names: readonly string[]) => explainRules(context(), files, names)

describe('an explanation for people', () => {
  test('shows the condition with what it comes from, and who changed what', () => {
    const [shell] = explain('Shell')
    if (!shell) throw new Error('no rule')
    expect(explanationText(shell, false)).toBe(`Shell
  Somebody started a shell.

  priority  Error
  source    syscall
  state     on
  tags      shell
  defined   /etc/falco/base.yaml:9
  changed   local.yaml:1 adds to condition
            local.yaml:1 replaces priority
  events    execve, execveat
  checks    7; slow ones: proc.aname = sshd

Condition
  and
  ├ spawned: and  (macro base.yaml:5)
  │ ├ evt.type in (execve, execveat)
  │ └ evt.res = SUCCESS
  ├ or
  │ ├ odd: and  (macro base.yaml:7)
  │ │ ├ spawned  (macro base.yaml:5; as above)
  │ │ └ not proc.name in ()  (list tools, base.yaml:3)
  │ └ proc.name in (bash, zsh, fish)  (list shells, base.yaml:1)
  ├ not proc.aname = sshd
  ├ user.name = root  (added by local.yaml:2)
  └ not proc.pname in (cron)  (exception parents, base.yaml:16)

Exceptions
  parents: proc.pname in, 1 value (base.yaml:16)
  pairs: proc.name = and user.name =, no values (base.yaml:19)

Output
  Shell | command=%proc.cmdline

Fields
  evt.type      CHARBUF. Name of the event, for system calls the name of the call: openat, execve, connect.
  evt.res       CHARBUF. SUCCESS, or the name of the error that the system call returned, such as ENOENT.
  proc.name     CHARBUF. Name of the process, which the kernel cuts to 15 bytes.
  proc.aname    CHARBUF. Name of an ancestor, by its generation (0 for the process itself, 1 for its parent); conditions
                without one look for any ancestor.
  user.name     CHARBUF. Name of the user.
  proc.pname    CHARBUF. Name of the parent process.
  proc.cmdline  CHARBUF, in the output. Name of the process and its arguments, with blanks between.
`)
  })

  test('has what lints say, and what is tried on all events', () => {
    const [other] = explain('Other')
    if (!other) throw new Error('no rule')
    const text = explanationText(other, false)
    expect(text).toMatch(/\n {2}events {4}nearly all: \d{3}\n {2}checks {4}1; slow ones: proc\.cmdline icontains secret\n/)
    expect(text).toContain('\nNotes\n  slow-operator: ')
  })

  test('cuts long lists unless all is asked for', () => {
    const items = Array.from({ length: 50 }, (_, i) => `program${i}`)
    const long = base.replace('items: [bash, zsh]', `items: [${items.join(', ')}]`)
    const [shell] = explainRules(context(), [{ name: 'a.yaml', text: long }], ['Shell'])
    if (!shell) throw new Error('no rule')
    expect(explanationText(shell, false)).toMatch(/proc\.name in \(program0, .*, \.\.\. 51 values\) {2}\(list shells, a\.yaml:1\)\n/)
    expect(explanationText(shell, true)).toContain(`proc.name in (${items.join(', ')}, fish)  (list shells`)
  })
})

describe('an explanation as data', () => {
  test('has the tree, the changes and the fields', () => {
    const [shell] = explain('Shell')
    expect(shell).toMatchObject({
      name: 'Shell',
      priority: 'Error',
      enabled: true,
      running: true,
      defined: { file: '/etc/falco/base.yaml', line: 9 },
      changes: [
        { file: 'local.yaml', line: 1, operation: 'append', key: 'condition' },
        { file: 'local.yaml', line: 1, operation: 'replace', key: 'priority' },
      ],
      events: ['execve', 'execveat'],
      cost: { checks: 7, slow: ['proc.aname = sshd'] },
      exceptions: [
        { name: 'parents', fields: ['proc.pname'], comps: ['in'], values: ['cron'] },
        { name: 'pairs', values: [] },
      ],
    })
    expect(shell?.tree.items[1]?.items[1]).toEqual({
      kind: 'check',
      text: 'proc.name in (bash, zsh, fish)',
      values: 3,
      lists: [{ name: 'shells', file: '/etc/falco/base.yaml', line: 1 }],
      items: [],
    })
    expect(shell?.fields.find(({ name }) => name === 'proc.cmdline')).toMatchObject({ in_condition: false, in_output: true })
  })

  test('says whether the configuration switches the rule', () => {
    const [shell] = explainRules(context('rules[]={"disable": {"rule": "Sh*"}}'), files, ['Shell'])
    expect([shell?.enabled, shell?.running]).toEqual([true, false])
  })

  test('a later definition starts anew', () => {
    const again = [...files, { name: 'again.yaml', text: base }]
    const [shell] = explainRules(context(), again, ['Shell'])
    expect([shell?.defined, shell?.changes]).toEqual([{ file: 'again.yaml', line: 9 }, []])
  })
})

describe('names', () => {
  test.each([
    [['Shell'], ['Shell']],
    [['shell'], ['Shell']],
    [['*'], ['Shell', 'Other']],
    [
      ['Oth*', 'Shell'],
      ['Shell', 'Other'],
    ],
  ])('%j stand for %j', (names, found) => expect(explain(...names).map(({ name }) => name)).toEqual(found))

  test.each([
    ['Shel', 'did you mean "Shell"?'],
    ['the', 'did you mean "Other"?'],
    ['nothing like it', 'see eyas -L for all rules'],
  ])('%s is unknown', (name, hint) => {
    let failure: unknown
    try {
      explain(name)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ message: `No rule with name "${name}" found`, hint })
  })

  test('that a mistake may have cost are told so', () => {
    const broken = [{ name: 'x.yaml', text: '- rule: Lost\n  condition: evt.type = nothing\n  desc: d\n  output: o\n  priority: INFO\n' }]
    expect(() => explainRules(context(), broken, ['Lost'])).toThrow(
      expect.objectContaining({ hint: 'x.yaml has mistakes: see eyas check' }) as Error,
    )
  })
})

test('all of the rules that ship can be explained', () => {
  const explained = explainRules(context(), [readRules('builtin:falco_rules.yaml')], ['*'])
  expect(explained.length).toBeGreaterThan(20)
  for (const each of explained) {
    expect(each.fields.length).toBeGreaterThan(2)
    expect(each.notes).toEqual([])
    expect(explanationText(each, true)).not.toContain('undefined')
  }
})
