import { expect, test } from 'bun:test'
import { parseArgs } from '../../src/commands/args.ts'
import { optionsOf } from '../../src/commands/shared/options.ts'
import { loadConfig } from '../../src/config/load.ts'

function config(...argv: readonly string[]) {
  const options = optionsOf(parseArgs(argv, false).args)
  return loadConfig({ path: 'test.yaml', text: '', options, env: {} })
}

test.each([
  [['-A'], 'base_syscalls.all', true],
  [['-e', 'a b.scap'], 'engine.kind', 'replay'],
  [['-e', 'a b.scap'], 'engine.replay.capture_file', 'a b.scap'],
  [['-s', 'm.jsonl'], 'metrics.output_file', 'm.jsonl'],
  [['-A', '-o', 'base_syscalls.all=false'], 'base_syscalls.all', false],
] as const)('%j sets %s', (argv, key, expected) => {
  const value: unknown = config(...argv).settings[key]
  expect(value).toBe(expected)
})

test.each([
  [['-D', 'shell'], [{ action: 'disable', rule: '*shell*' }]],
  [
    ['-T', 'a', '-T', 'b'],
    [
      { action: 'disable', tag: 'a' },
      { action: 'disable', tag: 'b' },
    ],
  ],
  [
    ['-t', 'net'],
    [
      { action: 'disable', rule: '*' },
      { action: 'enable', tag: 'net' },
    ],
  ],
  [['-D', 'a "b" {c}'], [{ action: 'disable', rule: '*a "b" {c}*' }]],
])('%j selects rules', (argv, expected) => {
  expect(config(...argv).selections).toMatchObject(expected)
})

test.each([
  [['-p', 'pid=%proc.pid: [x]'], ['pid=%proc.pid: [x]']],
  [['-pc'], []],
  [['-pkubernetes'], []],
])('%j appends to outputs', (argv, expected) => {
  expect(config(...argv).appendOutputs.map(({ extraOutput }) => extraOutput)).toEqual(expected)
})
