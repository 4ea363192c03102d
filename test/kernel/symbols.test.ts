import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { binary, root } from '../tools/agent.ts'

// Which hosts the built program can run on; the capture library's part is in test/capture/library.test.ts.

test.skipIf(!existsSync(binary))('it asks for no glibc newer than 2.17, which Bun needs', () => {
  const headers = Bun.spawnSync(['objdump', '-p', binary]).stdout.toString()
  const minors = [...headers.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
  expect(minors.length).toBeGreaterThan(0)
  expect(Math.max(...minors)).toBeLessThanOrEqual(17)
})

// It installs another Bun from the registry, so only where it is asked for.
const noBaseline =
  process.env.EYAS_TEST_BASELINE !== '1' ? 'EYAS_TEST_BASELINE=1 is not set' : process.arch !== 'x64' ? 'x86-64 only' : undefined
if (noBaseline !== undefined) console.warn(`the build for processors without AVX2 is not tested: ${noBaseline}`)

test.skipIf(noBaseline !== undefined)(
  'the build for processors without AVX2 runs',
  () => {
    try {
      const build = Bun.spawnSync([process.execPath, 'build.ts', '--baseline', '--quiet'], { cwd: root })
      expect(build.stderr.toString()).toBe('')
      const { stdout, exitCode } = Bun.spawnSync([binary, '-V', 'builtin:falco_rules.yaml'])
      expect(stdout.toString()).toBe('builtin:falco_rules.yaml: Ok\n')
      expect(exitCode).toBe(0)
    } finally {
      Bun.spawnSync([process.execPath, 'build.ts', '--quiet'], { cwd: root })
    }
  },
  300_000,
)
