import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { binary } from '../tools/agent.ts'

// What users meet at the command line of the built program.

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-binary-'))
  symlinkSync(binary, join(folder, 'falco'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, program = binary): Run {
  const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...args], { cwd: folder, env: { PATH: process.env.PATH ?? '', ...env } })
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() }
}

const quiet = ['-o', 'log_stderr=false']

describe('what only prints', () => {
  test.each([
    [['--help'], /^Eyas watches.*\n\nUsage:\n {2}eyas \[OPTION\.\.\.\]/],
    [['--version'], /^Eyas version: {2}\d+\.\d+\.\d+\nFalco version: \d/],
    [['--page-size'], /^Your system page size is: \d+ bytes\n$/],
    [['--list', '-N'], /^evt\.num\n/],
    [['--list=syscall', '--format', 'markdown'], /`proc\.name` \| CHARBUF \| /],
    [['--list-events'], /\n< openat\(FD \*\*fd\*\*, /],
    [['-i'], /^Ignored syscall\(s\):\n(- \w+\n)+$/],
    [['-L'], /^Rule +Description\n/],
    [['-V', 'builtin:falco_rules.yaml'], /^builtin:falco_rules\.yaml: Ok\n$/],
    [['--config-schema'], /^\{\n {2}"\$schema": "http:\/\/json-schema\.org\/draft-07\/schema#"/],
    [['--rule-schema'], /^\{\n {2}"\$schema": "http:\/\/json-schema\.org\/draft-07\/schema#"/],
  ])('%j', (args, pattern) => {
    const { code, out, err } = run(args)
    expect(err).toBe('')
    expect(out).toMatch(pattern)
    expect(code).toBe(0)
  })

  test.each([
    [['--list', '--format', 'json']],
    [['--list-events', '--format', 'json']],
    [['--version', '-o', 'json_output=true']],
    [['--support']],
    [['-L', '-o', 'json_output=true']],
    [['-V', 'builtin:falco_rules.yaml', '-o', 'json_output=true']],
  ])('%j is JSON', (args) => {
    expect(() => JSON.parse(run(args).out)).not.toThrow()
  })
})

describe('a mistake is one message with a way out', () => {
  test.each([
    [['--versoin'], "Error: Option 'versoin' does not exist\n  did you mean --version?\n"],
    [['inspekt'], "Error: there is no command 'inspekt'\n"],
    [
      ['-c', 'none.yaml'],
      'Error: none.yaml: cannot read the configuration: it does not exist\n  check the path and who may read it, or name another file with -c\n',
    ],
    [
      [...quiet, '-r', 'none.yaml'],
      'Error: Could not open file none.yaml: it does not exist\n  check the path of the rules file and who may read it\n',
    ],
    [
      [...quiet, '-l', 'Read sensitive file untrustd'],
      'Error: No rule with name "Read sensitive file untrustd" found\n  did you mean "Read sensitive file untrusted"?\n',
    ],
    [
      [...quiet, '-o', 'engine.kind=modern_bpf'],
      "Error: -o engine.kind=modern_bpf: engine.kind 'modern_bpf' is not a valid kind.\n  did you mean modern_ebpf?\n",
    ],
    [[...quiet, '--list=sycall'], "Error: Value for --list must be a valid source type, not 'sycall'\n  choose one of syscall\n"],
    [['--list-events', '--format', 'xml'], "Error: Invalid format 'xml'\n  choose one of text, markdown, json\n"],
  ])('%j', (args, message) => {
    const { code, out, err } = run(args)
    expect(out).toBe('')
    expect(err).toStartWith(message)
    expect(err).not.toContain('    at ')
    expect(code).toBe(1)
  })
})

describe('the environment', () => {
  test('BUN_OPTIONS is refused', () => {
    const { code, err } = run(['--version'], { BUN_OPTIONS: '--smol' })
    expect(err).toStartWith('Error: BUN_OPTIONS is set')
    expect(code).toBe(1)
  })

  test('files of the working directory change nothing', () => {
    writeFileSync(join(folder, '.env'), 'FALCO_HOSTNAME=from-env-file\nBUN_OPTIONS=--smol\n')
    writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    writeFileSync(join(folder, 'evil.ts'), 'console.log("evil")\n')
    const { code, out } = run(['--version'])
    expect(out).toStartWith('Eyas version:')
    expect(code).toBe(0)
  })

  test('called as falco, it has exactly its flags', () => {
    const falco = join(folder, 'falco')
    expect(run(['--help'], {}, falco).out).not.toContain('\n  -A ')
    expect(run(['-A', '--version'], {}, falco).err).toStartWith(
      "Error: Option 'A' does not exist\n  this flag is gone; use -o base_syscalls.all=true",
    )
    expect(run(['--version'], {}, falco).code).toBe(0)
  })

  test('a reader that goes away is no failure of ours', () => {
    const { stderr } = Bun.spawnSync(['sh', '-c', `${binary} --list | head -1`], { cwd: folder })
    expect(stderr.toString()).toBe('')
  })
})

describe('copied alone', () => {
  const isRoot = process.getuid?.() === 0
  const reason = isRoot ? '' : ' (needs root)'

  test.skipIf(!isRoot)(`an empty root with glibc and /proc is enough${reason}`, () => {
    const empty = join(folder, 'root')
    mkdirSync(join(empty, 'proc'), { recursive: true })
    copyFileSync(binary, join(empty, 'eyas'))
    const { stdout } = Bun.spawnSync(['ldd', binary])
    for (const [library = ''] of stdout.toString().matchAll(/\/\S+/g)) {
      mkdirSync(join(empty, dirname(library)), { recursive: true })
      cpSync(library, join(empty, library), { dereference: true })
    }
    const before = readdirSync(empty)
    const script = `mount --bind '${empty}' '${empty}' && mount -t proc proc '${empty}/proc' && mount -o remount,bind,ro '${empty}' && exec chroot '${empty}' /eyas -V builtin:falco_rules.yaml`
    const result = Bun.spawnSync(['unshare', '--mount', 'sh', '-c', script], { env: { PATH: process.env.PATH ?? '' } })
    expect(result.stderr.toString()).toBe('')
    expect(result.stdout.toString()).toBe('builtin:falco_rules.yaml: Ok\n')
    expect(readdirSync(empty)).toEqual(before)
    expect(basename(binary)).toBe('eyas')
  })
})
