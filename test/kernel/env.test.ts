import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, root } from '../tools/agent.ts'
import { whyNotLive } from './stage.ts'

// Files and variables that Bun would obey, around a program that runs as root.

const reason = whyNotLive()
const modes: readonly (readonly [string, readonly string[]])[] = [
  ['that prints', ['--version']],
  ['that reads rules', ['-V', 'builtin:falco_rules.yaml']],
  ...(reason === undefined ? [['that captures', ['-M', '0.1']] as const] : []),
]

describe('a hostile working directory', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-hostile-'))
  const mark = join(dir, 'evil-was-here')
  const evil = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); console.log('evil')`
  for (const name of ['evil.js', 'evil.ts', 'index.js', 'main.ts', 'src/main.ts', 'node_modules/yaml/index.js']) {
    mkdirSync(join(dir, name, '..'), { recursive: true })
    writeFileSync(join(dir, name), evil)
  }
  const files = {
    '.env': 'BUN_OPTIONS=--preload=./evil.js\nBUN_BE_BUN=1\nNODE_OPTIONS=--require=./evil.js\nFALCO_HOSTNAME=evil\n',
    '.env.production': 'BUN_OPTIONS=--preload=./evil.js\n',
    '.env.local': 'BUN_OPTIONS=--preload=./evil.js\n',
    'bunfig.toml': 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n[test]\npreload = ["./evil.js"]\n',
    'tsconfig.json': '{ "compilerOptions": { "paths": { "*": ["./evil.ts"] }, "plugins": [{ "name": "./evil.js" }] } }',
    'package.json': '{ "name": "evil", "main": "evil.js", "type": "commonjs", "imports": { "#*": "./evil.js" } }',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  afterAll(() => rmSync(dir, { recursive: true }))

  const run = (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([binary, ...args], { cwd: dir, env: { PATH: process.env.PATH ?? '', ...env } })
    return { exitCode, text: `${stdout}${stderr}` }
  }

  test.each(modes)('changes no command %s', async (_, args) => {
    const { exitCode, text } = run(args, { HOME: dir, XDG_CONFIG_HOME: dir, NODE_OPTIONS: '--require=./evil.js' })
    expect(text).not.toContain('evil')
    expect(exitCode).toBe(0)
    expect(await Bun.file(mark).exists()).toBe(false)
  })

  test.each([
    ['BUN_OPTIONS', '--preload=./evil.js'],
    ['BUN_OPTIONS', '--smol'],
    ['BUN_INSPECT', `ws+unix://${dir}/socket`],
    ['BUN_INSPECT_CONNECT_TO', 'nowhere'],
    ['BUN_INSPECT_PRELOAD', './evil.js'],
  ])('%s=%s is refused', (name, value) => {
    const { exitCode, text } = run(['--version'], { [name]: value })
    expect(text).toContain(
      `Error: ${name} is set, which can make the runtime load other code into this program\n` +
        `  start it without that variable: env -u ${name} eyas ...\n`,
    )
    expect(text).not.toContain('Eyas version')
    expect(exitCode).toBe(1)
  })
})

test('the documentation says what no check of ours can see', () => {
  expect(readFileSync(join(root, 'docs', 'operations.md'), 'utf8')).toContain('`BUN_BE_BUN=1`')
})
