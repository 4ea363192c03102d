import { Fault } from '../base/fault.ts'
import { twoColumns } from '../base/layout.ts'
import { print } from '../base/print.ts'
import { closest } from '../base/suggest.ts'
import { lints } from '../lints/index.ts'
import { warningCodes } from '../rule/code.ts'
import type { LoadOutcome, RulesFile } from '../rule/load.ts'
import { defineCommand } from './command.ts'
import type { Context } from './context.ts'
import { flagNamed } from './flags.ts'
import { type CheckedProblem, type CheckReport, checkJson, checkText, githubText } from './shared/check_report.ts'
import { rulesInput } from './shared/input.ts'
import { findingsIn } from './shared/lint.ts'
import { traceRuleset } from './shared/ruleset.ts'
import { chooseSources } from './shared/sources.ts'

/** `eyas check FILES`. */
export const checkCommand = defineCommand({
  name: 'check',
  summary: 'Validates rules files, and says what in them is hardly meant.',
  usage: '[OPTION...] [FILE...]',
  flags: [
    { ...flagNamed('config'), help: 'Check with this configuration; without FILE, check its rules_files.' },
    flagNamed('option'),
    { name: 'json', long: 'json', help: 'Print one JSON object.' },
    { name: 'github', long: 'github', help: 'Print annotations for GitHub Actions.' },
    { name: 'strict', long: 'strict', help: 'Exit with 1 for warnings too.' },
    { name: 'allow', long: 'allow', arg: 'CODE', repeat: true, help: 'Leave out warnings of this code.' },
  ],
  details: `FILE is a file, a directory, builtin:falco_rules.yaml, or - for standard input. Files are loaded
in order into one ruleset, as Falco does, so name the files that yours add to before them.

Exit code: 0 without errors, 1 with errors (with --strict, warnings too).

Besides what loading says (LOAD_...), it looks for:
${lints.map(({ code, help }) => wrapped(code, help)).join('\n')}`,
  run: ({ args, rest, ...call }) => {
    if (args.json && args.github) throw new Fault('flag-invalid', 'Cannot specify both --json and --github', { hint: 'keep one of them' })
    refuseUnknown(args.allow)
    const { context, files } = rulesInput(call, args, rest)
    const report = checkFiles(context, files, new Set(args.allow))
    const { errors, warnings } = report
    const text = args.json ? checkJson(report) : args.github ? githubText(report) : checkText(report)
    return print(text) && errors === 0 && !(args.strict && warnings > 0) ? 0 : 1
  },
})

function wrapped(code: string, help: string): string {
  return twoColumns(`  ${code}`, help, 24, 100)
}

function refuseUnknown(codes: readonly string[]): void {
  const known = [...lints.map(({ code }) => code), ...warningCodes.map(([code]) => code)]
  const unknown = codes.find((code) => !known.includes(code as (typeof known)[number]))
  if (unknown === undefined) return
  const near = closest(unknown, known)
  throw new Fault('flag-invalid', `there is no warning '${unknown}'`, {
    hint: near ? `did you mean ${near}?` : 'eyas check --help lists the codes; those of loading begin with LOAD_',
  })
}

/** Loads the files into one ruleset and looks at what came of it. */
export function checkFiles(context: Context, files: readonly RulesFile[], allowed: ReadonlySet<string>): CheckReport {
  const outcome = traceRuleset(context, files, chooseSources(context).all)
  const findings = findingsIn(context, outcome, lints).map((finding) => ({ severity: 'warning' as const, ...finding }))
  const found = [...loadProblems(outcome), ...findings].filter(({ severity, code }) => severity === 'error' || !allowed.has(code))
  const order = new Map(files.map(({ name }, i) => [name, i]))
  const rank = ({ context: at }: CheckedProblem) => (at ? (order.get(at.source.name) ?? 0) : files.length)
  const problems = found.sort((a, b) => rank(a) - rank(b) || (a.context?.at ?? 0) - (b.context?.at ?? 0))
  const count = (severity: CheckedProblem['severity']) => problems.filter((problem) => problem.severity === severity).length
  return {
    files: files.map(({ name }) => name),
    rules: outcome.ruleset.rules.length,
    problems,
    errors: count('error'),
    warnings: count('warning'),
  }
}

function loadProblems({ results, unmet, ruleset }: LoadOutcome): CheckedProblem[] {
  const dead = new Set(ruleset.rules.flatMap(({ kinds, name }) => (kinds?.length === 0 ? [name] : [])))
  return [
    ...results.flatMap(({ errors, warnings }) => [
      ...errors.map((problem) => ({ severity: 'error' as const, ...problem })),
      // Of a rule that matches nothing, `never-matches` says more than that it has too many types of events.
      ...warnings
        .filter(({ code, context }) => code !== 'LOAD_NO_EVTTYPE' || !dead.has(context.name))
        .map((problem) => ({ severity: 'warning' as const, ...problem })),
    ]),
    ...unmet.map((message) => ({
      severity: 'error' as const,
      code: 'plugin-missing',
      message,
      hint: 'see --list-plugins for those that are loaded',
    })),
  ]
}
