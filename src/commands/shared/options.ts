import type { Args } from '../flags.ts'

/** All that the command line sets in the configuration: the flags with a key of their own, then `-o` in order. */
export function optionsOf(args: Args): readonly string[] {
  return [...olderOptions(args), ...printOption(args.print), ...args.option]
}

// What older flags did, said in today's keys. JSON keeps the texts apart from the option's own syntax.
function olderOptions(args: Args): string[] {
  const { allEvents, replay, statsFile, onlyTag, disableRule, disableTag } = args
  return [
    ...(allEvents ? ['base_syscalls.all=true'] : []),
    ...(replay === undefined ? [] : ['engine.kind=replay', `engine.replay.capture_file=${replay}`]),
    ...(statsFile === undefined ? [] : ['metrics.enabled=true', 'metrics.interval=5s', `metrics.output_file=${statsFile}`]),
    ...(onlyTag.length > 0 ? [select('disable', { rule: '*' }), ...onlyTag.map((tag) => select('enable', { tag }))] : []),
    ...disableRule.map((text) => select('disable', { rule: `*${text}*` })),
    ...disableTag.map((tag) => select('disable', { tag })),
  ]
}

// The formats that once added fields of containers and pods: rules name those themselves today.
const printWords = new Set(['c', 'container', 'k', 'kubernetes', 'm', 'mesos'])

function printOption(format: string | undefined): string[] {
  return format === undefined || printWords.has(format) ? [] : [`append_output[]=${JSON.stringify({ extra_output: format })}`]
}

function select(action: 'enable' | 'disable', what: { readonly rule?: string; readonly tag?: string }): string {
  return `rules[]=${JSON.stringify({ [action]: what })}`
}
