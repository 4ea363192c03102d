import { readFileSync } from 'node:fs'
import { fileProblem } from '../../base/errno.ts'
import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { plain } from '../../config/read.ts'
import { parseTree } from '../../config/tree.ts'
import { type Extent, makePolicy } from '../../plugins/k8s_audit/policy/make.ts'
import { printPolicy } from '../../plugins/k8s_audit/policy/print.ts'
import { type Blindness, verifyPolicy } from '../../plugins/k8s_audit/policy/verify.ts'
import { defineCommand } from '../command.ts'
import { ruleFlags, runningAuditRules } from './rules.ts'

/** `eyas audit policy`. */
export const policyCommand = defineCommand({
  name: 'audit policy',
  summary: 'Prints the audit policy that records what the rules need, or checks another one.',
  usage: '[OPTION...] [POLICY]',
  flags: [
    ...ruleFlags,
    { name: 'minimal', long: 'minimal', help: 'Leave out what alerts only show; conditions get what they ask for.' },
    { name: 'full', long: 'full', help: 'Record everything, with what was asked for and answered; of secrets, that they were asked for.' },
    { name: 'json', long: 'json', help: 'With POLICY, print the verdict as JSON.' },
  ],
  details: `Each line has the reason for it: the rules that need it, and the fields they ask for. Nothing is
recorded that no rule needs, and at the lowest level that will do.

With POLICY, a file, it says which rules that policy blinds, wholly or in part. The exit code is 1
if there are any.`,
  run: ({ args, rest, ...call }) => {
    if (args.minimal && args.full) throw new Fault('flag-invalid', 'Cannot specify both --minimal and --full', { hint: 'keep one of them' })
    const rules = runningAuditRules({ ...call, args }).map(({ name, checked, format }) => ({
      name,
      condition: checked,
      shown: shownFields(format),
    }))
    const [file, ...more] = rest
    if (more.length > 0) throw new Fault('flag-invalid', 'audit policy takes one POLICY', { hint: `leave out ${more.join(' ')}` })
    if (file === undefined) {
      const extent: Extent = args.full ? 'full' : args.minimal ? 'minimal' : 'needed'
      return print(printPolicy(makePolicy(rules, extent))) ? 0 : 1
    }
    const blind = verifyPolicy(plain(parseTree(readText(file), file)), rules)
    const text = args.json ? `${JSON.stringify({ policy: file, rules: rules.length, blind })}\n` : verdict(blind, rules.length)
    return print(text) && blind.length === 0 ? 0 : 1
  },
})

function shownFields(format: string): string[] {
  return [...format.matchAll(/%([a-zA-Z_.]+(?:\[[^\]]*\])?)/g)].map((match) => match[1] ?? '')
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Fault('policy-invalid', `cannot read ${file}: ${fileProblem(cause)}`, { hint: 'name the file of --audit-policy-file', cause })
  }
}

// What one rule misses may be long: a rule for everything misses what each line leaves out.
const mostMisses = 8

function verdict(blind: readonly Blindness[], count: number): string {
  const lines = blind.flatMap(({ rule, isWhole, misses }) => [
    `${isWhole ? 'blind' : 'partly blind'}: ${rule}`,
    ...misses.slice(0, mostMisses).map((miss) => `  ${miss}`),
    ...(misses.length > mostMisses ? [`  and ${misses.length - mostMisses} more`] : []),
  ])
  const whole = blind.filter(({ isWhole }) => isWhole).length
  return `${[...lines, `${count} rules: ${whole} blind, ${blind.length - whole} in part`].join('\n')}\n`
}
