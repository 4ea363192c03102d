import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { record, whyNotCapture } from './recorder.ts'

// The programs keep the text of control groups, until one is made or renamed.

const controllers = ['memory', 'cpu']
const times = 60

// Of version 2 the one that is mounted; of version 1 that of a controller which events tell of, and whose new groups take processes.
function groupRoot(): string | undefined {
  if (whyNotCapture() !== undefined) return undefined
  const roots = existsSync('/sys/fs/cgroup/cgroup.controllers') ? [''] : controllers
  return roots.map((name) => join('/sys/fs/cgroup', name)).find((root) => existsSync(join(root, 'cgroup.procs')))
}

const root = groupRoot()

describe.skipIf(root === undefined)('a process that goes from group to group', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-groups-'))
  afterAll(() => {
    for (const name of readdirSync(root ?? dir).filter((each) => each.startsWith('eyas-move-'))) rmdirSync(join(root ?? dir, name))
    rmSync(dir, { recursive: true })
  })

  async function groupsTold(script: string): Promise<string[]> {
    writeFileSync(join(dir, 'script'), script)
    const { lines } = await record(['execve'], ['sh', join(dir, 'script')], dir)
    const runs = lines.filter((line) => line.includes('filename=/bin/true'))
    return runs.map((line) => /(?:memory|cpu)=(?:\/[^| ]*)?\/(eyas-move-\w+)/.exec(line)?.[1] ?? 'none')
  }

  test('is told to be in each of them', async () => {
    const script = `i=0
while [ $i -lt ${times} ]; do
  mkdir ${root}/eyas-move-$i; echo $$ > ${root}/eyas-move-$i/cgroup.procs; /bin/true; /bin/true
  echo $$ > ${root}/cgroup.procs; rmdir ${root}/eyas-move-$i; i=$((i + 1))
done`
    const expected = Array.from({ length: times }, (_, i) => [`eyas-move-${i}`, `eyas-move-${i}`]).flat()
    expect(await groupsTold(script)).toEqual(expected)
  })

  test('is told to be in each of those that were there', async () => {
    const script = `mkdir ${root}/eyas-move-a ${root}/eyas-move-b
for name in ${'a b '.repeat(20)}; do echo $$ > ${root}/eyas-move-$name/cgroup.procs; /bin/true; done
echo $$ > ${root}/cgroup.procs; rmdir ${root}/eyas-move-a ${root}/eyas-move-b`
    expect(await groupsTold(script)).toEqual(Array(20).fill(['eyas-move-a', 'eyas-move-b']).flat())
  })

  // Groups of version 2 keep their names.
  test.skipIf(root === '/sys/fs/cgroup')('is told its name after it was renamed', async () => {
    const script = `mkdir ${root}/eyas-move-old; echo $$ > ${root}/eyas-move-old/cgroup.procs; /bin/true
mv ${root}/eyas-move-old ${root}/eyas-move-new; /bin/true; echo $$ > ${root}/cgroup.procs; rmdir ${root}/eyas-move-new`
    expect(await groupsTold(script)).toEqual(['eyas-move-old', 'eyas-move-new'])
  })
})
