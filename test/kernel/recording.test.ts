import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, compileC, root, startAgent } from '../tools/agent.ts'
import { checkScap } from '../tools/scap_check.ts'
import { whyNotLive } from './stage.ts'

// What is recorded of this machine, under load, is read again: with the alerts that were given live, and the events asked for.

const reason = whyNotLive()

describe.skipIf(reason !== undefined)('recordings', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-record-'))
  const mark = join(dir, 'mark')
  const load = join(dir, 'load')
  const rules = join(dir, 'rules.yaml')

  beforeAll(() => {
    writeFileSync(mark, 'x')
    compileC(join(root, 'test/bench/load/load.c'), load, ['-pthread'])
    writeFileSync(rules, rulesText(mark))
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  test('an alert has the seconds before it recorded, and a replay gives the same alerts', async () => {
    const prefix = join(dir, 'alert')
    const settings = ['capture.enabled=true', `capture.path_prefix=${prefix}`, 'capture.default_duration=60000', 'json_output=true']
    const agent = await startAgent(['-r', rules, ...settings.flatMap((setting) => ['-o', setting])])
    const mix = Bun.spawn([load, 'mix', '3', '2'], { stdout: 'ignore', stderr: 'ignore', cwd: dir })
    Bun.spawnSync(['cat', mark, join(dir, 'before')], { stderr: 'ignore' })
    for (let round = 0; round < 20; round++) {
      Bun.spawnSync(['sh', '-c', `cat ${mark}; (exec 3<${mark}; cat <&3); cp ${mark} ${mark}${round}`])
      if (round === 9) Bun.spawnSync(['sh', '-c', `mv ${mark}0 ${mark}-trigger`])
    }
    await mix.exited
    await agent.alert((line) => line.includes('trigger'), 10_000)
    expect(await agent.stop()).toBe(0)
    const [name = '', ...others] = readdirSync(dir).filter((file) => file.startsWith('alert'))
    expect(others).toEqual([])
    expect(name).toMatch(/^alert_\d{20}_\d{20}\.scap$/)
    const file = join(dir, name)
    expect(checkScap(readFileSync(file)).faults).toEqual([])
    const replay = run(['-r', rules, '-o', 'json_output=true', '-e', file])
    // The recording begins some seconds before the alert, and may have cut off what is older than that.
    const again = replay.out.trimEnd().split('\n')
    expect(again.length).toBeGreaterThan(30)
    expect(agent.alerts.slice(-again.length)).toEqual(again)
    expect(agent.alerts.length - again.length).toBeLessThan(5)
    expect(run(['inspect', file, `evt.type=openat and fd.name=${join(dir, 'before')}`]).out.split('\n').length).toBe(2)
  }, 60_000)

  test('record writes what a filter asks for, in files of so many events', async () => {
    const file = join(dir, 'filtered.scap')
    const recording = Bun.spawn(
      [binary, 'record', '-w', file, '-e', '5', '-n', '13', '-z', `evt.type=openat and proc.name=cat and fd.name=${mark}`],
      {
        stderr: 'pipe',
        stdout: 'ignore',
      },
    )
    for (let round = 0; round < 2000 && recording.exitCode === null; round++) {
      await Bun.spawn(['cat', mark], { stdout: 'ignore' }).exited
    }
    expect(await recording.exited).toBe(0)
    expect(await new Response(recording.stderr).text()).toMatch(/Events recorded: 13, lost: \d+\n$/)
    const lines = [0, 1, 2].map((i) =>
      run(['inspect', `${file}${i}`, '-p', '%proc.name %fd.name'])
        .out.trimEnd()
        .split('\n'),
    )
    expect(lines.map(({ length }) => length)).toEqual([5, 5, 3])
    for (const [i, { length }] of lines.entries()) {
      const { faults, shown } = checkScap(readFileSync(`${file}${i}`))
      expect({ faults, shown: [...shown] }).toEqual({ faults: [], shown: [['openat', length]] })
    }
    expect(new Set(lines.flat())).toEqual(new Set([`cat ${mark}`]))
  }, 60_000)

  test.skipIf(Bun.which('sysdig') === null)('sysdig reads it', () => {
    const done = Bun.spawnSync(['sysdig', '-r', join(dir, 'filtered.scap0'), '-p', '%evt.type %proc.name %fd.name'])
    expect(done.stdout.toString()).toBe(`openat cat ${mark}\n`.repeat(5))
  })

  test('inspect without a file shows what happens now', async () => {
    // Of a process that ran before, and ends before it is looked up, nothing is known.
    const filter = ['evt.type=openat', 'and', 'proc.name=cat', 'and', `fd.name=${mark}`]
    const inspecting = Bun.spawn([binary, 'inspect', '-n', '3', '-p', '%proc.name %evt.type %fd.name', ...filter], { stdout: 'pipe' })
    for (let round = 0; round < 2000 && inspecting.exitCode === null; round++) {
      await Bun.spawn(['cat', mark], { stdout: 'ignore' }).exited
    }
    expect(await inspecting.exited).toBe(0)
    expect(await new Response(inspecting.stdout).text()).toBe(`cat openat ${mark}\n`.repeat(3))
  }, 60_000)
})

function run(args: readonly string[]) {
  const done = Bun.spawnSync([binary, ...args])
  expect({ err: done.exitCode === 0 ? '' : done.stderr.toString(), code: done.exitCode }).toEqual({ err: '', code: 0 })
  return { out: done.stdout.toString() }
}

function rulesText(mark: string): string {
  return `
- rule: trigger
  desc: d
  condition: evt.type in (rename, renameat, renameat2) and evt.arg.newpath contains ${mark}-trigger
  output: trigger %evt.args %proc.cmdline %proc.pname
  priority: INFO
  capture: true
- rule: read
  desc: d
  condition: evt.type in (open, openat, openat2) and fd.name startswith ${mark}
  output: read %fd.name %evt.arg.flags %proc.cmdline %proc.pcmdline %user.name %proc.exepath %fd.num
  priority: INFO
- rule: started
  desc: d
  condition: evt.type in (execve, execveat) and evt.res=SUCCESS and proc.args contains ${mark}
  output: started %proc.cmdline %proc.pname %proc.aname[2] %proc.exepath %proc.cwd %thread.cap_permitted %proc.sname
  priority: INFO
`
}
