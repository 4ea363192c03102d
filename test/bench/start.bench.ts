// How long whole processes take that only validate, beside a program of the same runtime that does nothing: the share that is
// ours. Files of other rules may be named by EYAS_BENCH_RULES, separated by commas.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, table } from './report.ts'

const root = join(import.meta.dir, '../..')
const eyas = join(root, 'dist/eyas')
const dir = mkdtempSync(join(tmpdir(), 'eyas-bench-'))
const rounds = Number(process.env.EYAS_BENCH_ROUNDS ?? 15)
const others = process.env.EYAS_BENCH_RULES?.split(',') ?? []

interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
}

try {
  const hello = buildHello()
  const generated = join(dir, 'generated.yaml')
  writeFileSync(generated, generatedRules(1000))
  const files = others.length > 0 ? others : ['builtin:falco_rules.yaml']
  const validate = (paths: readonly string[]) => [eyas, ...paths.flatMap((path) => ['-V', path])]
  const commands = [
    { name: 'hello world', words: [hello] },
    { name: 'eyas --version', words: [eyas, '--version'] },
    ...files.map((file) => ({ name: `eyas -V ${file.split('/').at(-1)}`, words: validate([file]) })),
    { name: `eyas -V all of these and 1000 rules`, words: validate([...files, generated]) },
  ]
  const rows = commands.map(({ name, words }) => ({ name, samples: Array.from({ length: rounds }, () => measure(words)) }))
  const base = median((rows[0]?.samples ?? []).map(({ wallMs }) => wallMs))
  const cells = rows.map(({ name, samples }) => {
    const wall = samples.map(({ wallMs }) => wallMs)
    const cpu = samples.map(({ cpuMs }) => cpuMs)
    return [
      name,
      ...[Math.min(...wall), median(wall), Math.min(...cpu), median(cpu)].map((ms) => ms.toFixed(0)),
      (median(wall) / base).toFixed(1),
    ]
  })
  console.log(`whole processes, ${rounds} of each:`)
  console.log(table(['', 'wall ms, least', 'middle', 'CPU ms, least', 'middle', 'times hello world'], cells))
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function buildHello(): string {
  const source = join(dir, 'hello.ts')
  const target = join(dir, 'hello')
  writeFileSync(source, "console.log('hello, world')\n")
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, 'build', '--compile', '--bytecode', '--outfile', target, source], {
    cwd: dir,
  })
  if (exitCode !== 0) throw new Error(stderr.toString())
  return target
}

function measure(words: readonly string[]): Sample {
  const started = performance.now()
  const { exitCode, resourceUsage, stderr } = Bun.spawnSync([...words], { stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr.toString()}`)
  return { wallMs: performance.now() - started, cpuMs: Number(resourceUsage.cpuTime.total) / 1000 }
}

/** Rules as an organisation writes them beside the default ones: lists, macros, half of them with patterns, some with exceptions. */
function generatedRules(count: number): string {
  const calls = ['open', 'openat', 'execve', 'connect', 'unlink', 'rename', 'chmod', 'mkdir', 'ptrace', 'kill', 'setuid', 'clone']
  const lists = Array.from({ length: 40 }, (_, i) => {
    const items = Array.from({ length: 3 + ((i * 7) % 37) }, (_, n) => `program${(i * 131 + n * 17) % 5000}`)
    return `- list: list${i}\n  items: [${items.join(', ')}]\n`
  })
  const macros = Array.from({ length: 60 }, (_, i) => {
    const second = `or proc.pname = parent${i}\n     or proc.cmdline contains "--flag${i}")`
    return `- macro: macro${i}\n  condition: >\n    (proc.name in (list${i % 40}) or fd.name startswith /opt/app${i} ${second}\n`
  })
  const rules = Array.from({ length: count }, (_, i) => {
    const both = `evt.type in (${calls[i % 12]}, ${calls[(i * 5 + 1) % 12]}) and macro${i % 60} and not macro${(i * 7 + 3) % 60}`
    const paths = `(fd.name glob "/var/*/x${i}*" or proc.aname[2] in (list${i % 40}) or fd.directory pmatch (/etc, /usr/lib${i % 9}))`
    const more = [
      ...(i % 2 === 1 ? [`    and ${paths}`] : []),
      ...(i % 5 === 0 ? [`    and proc.exepath regex "/usr/(local/)?bin/x${i}[a-z]+"`] : []),
    ]
    const values = `[[a${i}, /tmp/${i}], [b${i}, /run/${i}]]`
    const exceptions = `  exceptions:\n    - name: known\n      fields: [proc.name, fd.name]\n      comps: [=, startswith]\n      values: ${values}\n`
    return [
      `- rule: Generated ${i}`,
      `  desc: Generated rule number ${i}, as an organisation would have it.`,
      '  condition: >',
      `    ${both}`,
      ...more,
      '  output: Something happened | evt_type=%evt.type user=%user.name process=%proc.name parent=%proc.pname file=%fd.name command=%proc.cmdline',
      `  priority: ${['WARNING', 'NOTICE', 'ERROR'][i % 3]}`,
      `  tags: [generated, team${i % 7}]`,
      i % 3 === 0 ? exceptions : '',
    ].join('\n')
  })
  return [...lists, ...macros, ...rules].join('\n')
}
