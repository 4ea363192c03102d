import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../tools/agent.ts'
import { whyNotLive } from './stage.ts'

// What somebody on call reads when a start fails: one message with the place, the reason and the way out, exit code 1.
// The messages of missing rights and types are in refused.test.ts and test/commands/binary.test.ts.

const dir = mkdtempSync(join(tmpdir(), 'eyas-errors-'))
const program = join(dir, 'eyas')
const isRoot = process.getuid?.() === 0

const rule = (condition: string, output = 'x') => JSON.stringify([{ rule: 'R', desc: 'd', condition, output, priority: 'INFO' }])
const files: Readonly<Record<string, string>> = {
  'broken.yaml': 'json_output: true\nengine: [1, 2\nrules: }\n',
  'list.yaml': '- a\n- b\n',
  'binary.yaml': '\x7fELF\x02\x01\0\0\0\x1b[31m',
  'empty.yaml': '',
  'private.yaml': 'json_output: true\n',
  'tab.yaml': '-\trule: x\n\tdesc: y\n',
  'escape.yaml': 'rule: "\x1b]0;title\x07\n',
  'field.yaml': rule('evt.type = open and proc.nmae = cat'),
  'operator.yaml': rule('evt.type = open and proc.name ~~ cat'),
  'type.yaml': rule('evt.type = open and fd.num startswith 3'),
  'open.yaml': rule('evt.type = open and (proc.name = cat'),
  'output.yaml': rule('evt.type = open', '%proc.nmae'),
}

beforeAll(() => {
  chmodSync(dir, 0o755)
  copyFileSync(binary, program)
  mkdirSync(join(dir, 'folder'))
  symlinkSync('circle.yaml', join(dir, 'circle.yaml'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, 'latin1')
  chmodSync(join(dir, 'private.yaml'), 0o600)
})
afterAll(() => rmSync(dir, { recursive: true }))

function refusal(args: readonly string[], wrapper: readonly string[] = []): string {
  const command = [...wrapper, program, '-o', 'log_stderr=false', ...args]
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: dir, env: { PATH: process.env.PATH ?? '' } })
  const text = stderr.toString()
  expect(stdout.toString()).toBe('')
  expect(text).toStartWith('Error: ')
  expect(text.match(/^Error: /gm)).toHaveLength(1)
  expect(text).not.toMatch(/unexpected|defect|^ +at |[\x00-\x08\x0b-\x1f]/m)
  expect(exitCode).toBe(1)
  return text
}

const seeConfig = '  check the path and who may read it, or name another file with -c\n'
const seeRules = '  check the path of the rules file and who may read it\n'
const seeFilename = '  set file_output.filename to a path where alerts can be written\n'

describe('the whole message', () => {
  test.each([
    [['-c', 'none.yaml'], `none.yaml: cannot read the configuration: it does not exist\n${seeConfig}`],
    [['-c', 'folder'], `folder: cannot read the configuration: it is a directory\n${seeConfig}`],
    [['-c', ''], `'': cannot read the configuration: it does not exist\n${seeConfig}`],
    [['-c', 'circle.yaml'], `circle.yaml: cannot read the configuration: its symbolic links go in a circle\n${seeConfig}`],
    [['-c', 'empty.yaml/x'], `empty.yaml/x: cannot read the configuration: its path goes through a file\n${seeConfig}`],
    [['-c', 'binary.yaml'], 'binary.yaml:1: this is not text: it has a zero byte\n  name the configuration, and save it as UTF-8\n'],
    [
      ['-c', 'empty.yaml'],
      'You must specify at least one rules file/directory via -r or a rules_files entry in falco.yaml\n' +
        '  rules_files: [builtin:falco_rules.yaml] loads the rules that are built in\n',
    ],
    [['-r', 'none.yaml'], `Could not open file none.yaml: it does not exist\n${seeRules}`],
    [['-r', 'circle.yaml'], `Could not open file circle.yaml: its symbolic links go in a circle\n${seeRules}`],
    [['-r', ''], `Could not open file '': it does not exist\n${seeRules}`],
    [['-V', 'folder'], `Could not open file folder: it is a directory\n${seeRules}`],
    [['-M', 'soon'], "-M takes a number of seconds, not 'soon'\n  write -M 60 to stop after a minute\n"],
    [['-M', '-5'], "-M takes a number of seconds, not '-5'\n  write -M 60 to stop after a minute\n"],
    [['-M', ''], "-M takes a number of seconds, not ''\n  write -M 60 to stop after a minute\n"],
    [
      ['-o', 'file_output.enabled=true', '-o', 'file_output.filename=none/alerts'],
      `cannot write alerts to none/alerts: its directory does not exist\n${seeFilename}`,
    ],
    [
      ['-o', 'file_output.enabled=true', '-o', 'file_output.filename=folder'],
      `cannot write alerts to folder: it is a directory\n${seeFilename}`,
    ],
    [['-o', 'stdout_output.enabled=false'], /^Error: No output configured, .*\n {2}add -o stdout_output.enabled=true\n$/],
    [
      ['-o', 'engine.modern_ebpf.buf_size_preset=11'],
      /buf_size_preset is out of range\n {2}choose 1 \(1 MB\) to 10 \(512 MB\); 4 is the default\n$/,
    ],
    [
      ['-e', 'none.scap'],
      /^Error: none\.scap: the recording cannot be read: .*\n {2}name a \.scap file that exists and that you may read\n$/,
    ],
    [['-e', 'folder'], /^Error: folder: the recording cannot be read: .*\n {2}name a \.scap file /],
    [['-e', 'empty.yaml'], /^Error: empty\.yaml: the file is empty/],
    [['-e', 'binary.yaml'], /^Error: binary\.yaml: this is not a \.scap recording/],
  ] as const)('%j', (args, message) => {
    const text = refusal(args)
    if (typeof message === 'string') expect(text).toBe(`Error: ${message}`)
    else expect(text).toMatch(message)
  })
})

describe('the place, the reason and the way out', () => {
  test.each([
    [
      ['-c', 'broken.yaml'],
      ['broken.yaml:3:1: not valid YAML: ', '    rules: }\n    ^\n'],
    ],
    [
      ['-c', 'list.yaml'],
      ['list.yaml:1:1: the configuration is not a map of keys\n', '  write KEY: VALUE lines\n'],
    ],
    [
      ['-c', 'escape.yaml'],
      ['escape.yaml:', 'not valid YAML: '],
    ],
    [
      ['-r', 'tab.yaml'],
      ['(tab.yaml:1:', 'LOAD_ERR_YAML_PARSE', 'the line is indented with a tab; YAML takes spaces only'],
    ],
    [
      ['-r', 'binary.yaml'],
      ['(binary.yaml:0:6)', 'this is not text: it has a zero byte; rules files are UTF-8'],
    ],
    [
      ['-r', 'field.yaml'],
      ["rule 'R'", '(field.yaml:0:', 'LOAD_ERR_COMPILE_CONDITION', 'proc.nmae', 'proc.name'],
    ],
    [
      ['-r', 'operator.yaml'],
      ["rule 'R'", '(operator.yaml:0:', 'LOAD_ERR_COMPILE_CONDITION', '~~'],
    ],
    [
      ['-r', 'type.yaml'],
      ["rule 'R'", '(type.yaml:0:', 'startswith', 'fd.num'],
    ],
    [
      ['-r', 'open.yaml'],
      ["rule 'R'", '(open.yaml:0:', "')'"],
    ],
    [
      ['-r', 'output.yaml'],
      ["rule 'R'", '(output.yaml:0:', 'LOAD_ERR_COMPILE_OUTPUT', 'proc.nmae'],
    ],
  ])('%j', (args, parts) => {
    const text = refusal(args)
    for (const part of parts) expect(text).toContain(part)
  })
})

const noUser = !isRoot ? 'it needs root' : existsSync('/usr/bin/setpriv') ? undefined : 'there is no setpriv'
if (noUser !== undefined) console.warn(`what users without rights are told is not tested: ${noUser}`)

describe.skipIf(noUser !== undefined)('a user without rights', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all']

  test.each([
    [
      [],
      /^Error: this process lacks the capabilities CAP_BPF and CAP_PERFMON .*\n {2}run as root of the host, or with CAP_BPF and CAP_PERFMON /,
    ],
    [['-c', 'private.yaml'], `Error: private.yaml: cannot read the configuration: permission denied\n${seeConfig}`],
    [['-r', 'private.yaml'], `Error: Could not open file private.yaml: permission denied\n${seeRules}`],
    [['-V', 'private.yaml'], `Error: Could not open file private.yaml: permission denied\n${seeRules}`],
    [['-P', join(dir, 'pid'), '-o', 'engine.kind=nodriver'], /^Error: cannot write the pid file .*\n {2}check the path after -P\n$/],
    [
      ['-o', 'file_output.enabled=true', '-o', `file_output.filename=${dir}/alerts`],
      `Error: cannot write alerts to ${dir}/alerts: permission denied\n${seeFilename}`,
    ],
  ] as const)('%j', (args, message) => {
    const text = refusal(args, nobody)
    if (typeof message === 'string') expect(text).toBe(message)
    else expect(text).toMatch(message)
  })
})

const noLive = whyNotLive()
describe.skipIf(noLive !== undefined)('a process that is kept short', () => {
  const limit = (limits: string) => ['sh', '-c', `${limits} && exec "$@"`, 'sh']
  const hide = (commands: string) => [
    'unshare',
    '--mount',
    'sh',
    '-c',
    `mount -t tmpfs none /sys/kernel/btf && ${commands} && exec "$@"`,
    'sh',
  ]

  test.each([
    ['of open files', limit('ulimit -n 40'), 'Too many open files', 'LimitNOFILE=1024'],
    [
      'of address space',
      limit('ulimit -v 400000'),
      'the capture library does not load',
      'no MemoryDenyWriteExecute= in its unit, no ulimit -v',
    ],
    ['of types', hide('true'), '/sys/kernel/btf/vmlinux is missing', 'mount /sys where a container hides it'],
    ['of types: an empty file', hide(': > /sys/kernel/btf/vmlinux'), 'the kernel refused the programs', 'CONFIG_DEBUG_INFO_BTF'],
    ['of types: another file', hide('cp /bin/sh /sys/kernel/btf/vmlinux'), 'the kernel refused the programs', 'CONFIG_DEBUG_INFO_BTF'],
    [
      'of rights in a user namespace',
      ['unshare', '--user', '--map-root-user'],
      'does not let this process use bpf(2)',
      'run as root of the host',
    ],
  ])('%s', (_, wrapper, reason, wayOut) => {
    const [first = '', ...rest] = refusal([], wrapper).split('\n')
    expect(first).toContain(reason)
    expect(rest.join('\n')).toContain(wayOut)
  })
})

test.skipIf(noLive !== undefined || noUser !== undefined)('what stays hidden without a capability is told at the start', () => {
  const withCaps = (more: string) => ['setpriv', '--inh-caps=-all', `--bounding-set=-all,+bpf,+perfmon${more}`]
  const log = (more: string) => Bun.spawnSync([...withCaps(more), program, '-M', '0.1']).stderr.toString()
  expect(log('')).toContain('Without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, alerts tell less of processes that run by now')
  expect(log(',+sys_ptrace')).toContain('Without CAP_DAC_READ_SEARCH, alerts tell less')
  expect(log(',+sys_ptrace,+dac_read_search')).not.toContain('Without')
})
