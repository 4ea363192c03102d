import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Fault, Faults } from '../../src/base/fault.ts'
import { type Config, loadConfig } from '../../src/config/load.ts'
import { plain } from '../../src/config/read.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eyas-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function load(text: string, options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ path: join(folder, 'falco.yaml'), text, options, env })
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function messages(action: () => unknown): string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof Faults) return error.faults.map(({ message }) => message)
    if (error instanceof Fault) return [error.message]
    throw error
  }
  return []
}

describe('settings', () => {
  test('an empty configuration gives the defaults', () => {
    const { settings, files } = load('')
    expect(settings['engine.modern_ebpf.buf_size_preset']).toBe(4)
    expect(settings.rules_files).toEqual([])
    expect(settings.log_level).toBe('info')
    expect(settings.load_plugins).toBeUndefined()
    expect(files.map(({ isEmpty }) => isEmpty)).toEqual([true])
  })

  test.each([
    ['json_output: true', 'json_output', true],
    ['json_output: Yes', 'json_output', true],
    ["json_output: 'on'", 'json_output', true],
    ['json_output: maybe', 'json_output', false],
    ['json_output:', 'json_output', false],
    ['falco_libs: { snaplen: 0x50 }', 'falco_libs.snaplen', 80],
    ['falco_libs: { snaplen: many }', 'falco_libs.snaplen', 0],
    ['rules_files: one.yaml', 'rules_files', ['one.yaml']],
    ['rules_files: [a, b]', 'rules_files', ['a', 'b']],
    ['static_fields: { a: 1, b: x }', 'static_fields', { a: '1', b: 'x' }],
    ['syscall_event_drops: { threshold: .5 }', 'syscall_event_drops.threshold', 0.5],
    ['file_output: { filename: 010 }', 'file_output.filename', '010'],
    ['file_output: { filename: "${HOME_DIR}/x" }', 'file_output.filename', '/home/x'],
    ['file_output: &f { filename: x }\nprogram_output: *f', 'file_output.filename', 'x'],
  ] as const)('%j', (text, key, expected) => {
    const value: unknown = load(text, [], { HOME_DIR: '/home' }).settings[key]
    expect(value).toEqual(expected)
  })

  test('options come last, and older names are read', () => {
    const config = load('rules_file: old.yaml\njson_output: false', ['json_output=true', 'append_output[]={"extra_output": "x"}'])
    expect(config.settings.rules_file).toEqual(['old.yaml'])
    expect(config.settings.json_output).toBe(true)
    expect(config.appendOutputs).toEqual([{ source: '', rule: '', tags: [], extraOutput: 'x', extraFields: [], suggestedOutput: false }])
  })
})

describe('included files', () => {
  const main = (path: string, strategy: string) =>
    `config_files: [{ path: ${path}, strategy: ${strategy} }]\nlist: [a]\nmap: { x: 1 }\nonly: main\n`
  const more = 'list: [b]\nmap: { y: 2 }\nfresh: 1\n'

  test.each([
    ['append', { list: ['a', 'b'], map: { y: 2 }, only: 'main', fresh: 1 }],
    ['override', { list: ['b'], map: { y: 2 }, only: 'main', fresh: 1 }],
    ['add-only', { list: ['a'], map: { x: 1 }, only: 'main', fresh: 1 }],
    ['nonsense', { list: ['a', 'b'], map: { y: 2 }, only: 'main', fresh: 1 }],
  ])('%s', (strategy, expected) => {
    const { tree } = load(main(file('more.yaml', more), strategy))
    expect(plain(tree)).toMatchObject(expected)
  })

  test('a directory gives its files by name; what is missing is left out; the command line adds one', () => {
    mkdirSync(join(folder, 'd/sub'), { recursive: true })
    file('d/b.yaml', 'value: b')
    file('d/a.yaml', 'value: a\nother: a')
    file('d/sub/c.yaml', 'value: c')
    const config = load(`config_files: [${folder}/d, ${folder}/none.yaml]`, [`config_files[]=${file('last.yaml', 'other: last')}`])
    expect(plain(config.tree)).toMatchObject({ value: 'b', other: 'last' })
    expect(config.files.map(({ path }) => path.slice(folder.length))).toEqual(['/falco.yaml', '/d/a.yaml', '/d/b.yaml', '/last.yaml'])
  })

  test('neither itself nor a second level', () => {
    const self = file('falco.yaml', 'config_files: []')
    expect(messages(() => load(`config_files: ${self}`))).toEqual([
      `Config error: 'config_files' directive tried to recursively include main config file: ${self}.`,
    ])
    const nested = file('nested.yaml', 'config_files: [x]')
    expect(messages(() => load(`config_files: ${nested}`))).toEqual([
      `Config error: 'config_files' directive in included config file ${nested}.`,
    ])
  })
})

describe('the check', () => {
  test.each([
    ['falco_libss: {}', 'unknown key falco_libss; did you mean falco_libs?', 1, 1],
    ['falco_libs:\n  thread_table_sizee: 1', 'unknown key falco_libs.thread_table_sizee; did you mean falco_libs.thread_table_size?', 2, 3],
    ['buf_size_preset: 4', 'unknown key buf_size_preset; did you mean engine.kmod.buf_size_preset?', 1, 1],
    ['json_output: [1]', 'json_output must be true or false', 1, 1],
    ['falco_libs: { snaplen: x }', 'falco_libs.snaplen must be a whole number', 1, 15],
    ['outputs_queue: { capacity: -1 }', 'outputs_queue.capacity must be 0 or more', 1, 18],
    ['plugins: [{ name: a, library_path: b, nam: x }]', 'unknown key plugins[0].nam; did you mean plugins[0].name?', 1, 39],
    ['rules: [x]', 'rules[0] must be a map of keys', 1, 9],
    ['json_output: true\njson_output: false', 'json_output is there twice; the first one counts', 2, 1],
  ])('%j', (text, message, line, column) => {
    const [problem] = load(text).files[0]?.problems ?? []
    expect(problem).toMatchObject({ message, place: { line, column } })
  })

  test('options with unknown keys are told', () => {
    expect(load('', ['json_outptu=true']).optionProblems.map(({ message }) => message)).toEqual([
      'unknown key json_outptu; did you mean json_output?',
    ])
  })

  test('functions that come later are named where they are asked for', () => {
    const text = 'plugins_hostinfo: true\nlibs_logger: { enabled: false, severity: debug }'
    expect(load(text).notInEffect).toEqual(['plugins_hostinfo'])
  })
})

describe('refused', () => {
  test.each([
    ['storm_control: { limited_outputs: [http, slack] }', ["storm_control.limited_outputs: there is no output 'slack'"]],
    ['storm_control: { enabled: true, window: soon }', ["storm_control.window 'soon' is not a duration"]],
    ['storm_control: { window: soon }', []],
    ['log_format: xml', ["log_format 'xml' is not valid"]],
    ['engine: { kind: gvisor }', ["engine.kind 'gvisor' is not a valid kind."]],
    ['capture: { pre_trigger: soon }', ["capture.pre_trigger 'soon' is no duration"]],
    ['capture: { pre_trigger: 500 }', []],
    ['capture: { pre_trigger: 1m30s }', []],
    ['engine: { kind: replay }', ["engine.kind is 'replay' but no engine.replay.capture_file specified."]],
    ['engine: { modern_ebpf: { buf_size_preset: 11 } }', ['engine.modern_ebpf.buf_size_preset is out of range']],
    ['engine: { kind: nodriver, modern_ebpf: { buf_size_preset: 11 } }', []],
    ['rules_file: a\nrules_files: b', ["both 'rules_files' and 'rules_file' keys set"]],
    [
      'priority: nope\nrule_matching: some',
      [
        'Unknown priority "nope"--must be one of emergency, alert, critical, error, warning, notice, informational, debug',
        'Unknown rule matching strategy "some"--must be one of first, all',
      ],
    ],
    ['syscall_event_drops: { threshold: 2 }', ['syscall event drops threshold must be a double in the range [0, 1]']],
    ['webserver: { listen_address: 1.2.3.400 }', ['webserver listen address "1.2.3.400" is not a valid IP address']],
    ['load_plugins: [x]', ["Cannot load plugin 'x': plugin config not found for given name"]],
    ['falco_libs: 512', ['a section with keys such as falco_libs.thread_table_size is expected here']],
    ['- a\n- b', ['the configuration is not a map of keys']],
    ['a: [1', ['not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['a: *nowhere', ['alias *nowhere has no anchor']],
    [`a: ${'['.repeat(5000)}${']'.repeat(5000)}`, ['too deeply nested']],
    [`a: ${'x'.repeat(2 << 20)}`, [`configuration of ${(2 << 20) + 3} bytes`]],
  ])('%#', (text, expected) => {
    expect(messages(() => load(text))).toEqual(expected)
  })

  test('every mistake has a place', () => {
    try {
      load('priority: nope')
      throw new Error('loaded')
    } catch (error) {
      expect((error as Faults).faults[0]?.place).toMatchObject({ line: 1, column: 1, snippet: 'priority: nope' })
    }
  })

  test('aliases that multiply are no way to fill the memory', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(messages(() => load(lines.join('\n')))).toEqual(['too large once its aliases are followed'])
  })

  test('any text gives a configuration or a Fault', () => {
    const words = fc.constantFrom(
      'engine',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '"',
      "'",
      '|',
      '#',
      '\t',
      '!',
      'kind',
      '${X}',
      '%',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        messages(() => load(parts.join('')))
      }),
      { numRuns: 500 },
    )
  })
})
