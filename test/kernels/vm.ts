import { existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { extracted, type Kernel } from './packages.ts'

/** A virtual machine: what it printed on its console, and what it wrote for us. */
export interface Booted {
  readonly console: string
  readonly results: string
  readonly isOver: boolean
  readonly seconds: number
}

export interface Machine {
  readonly kernel: Kernel
  readonly initrd: string
  readonly memoryMb: number
  readonly cpus: number
  readonly limitSeconds: number
  /** Words for the kernel's command line, which the machine's init reads. */
  readonly words: readonly string[]
  /** Hears of each step as it ends. */
  readonly onStep: (name: string, verdict: string, seconds: number) => void
}

/** Boots a machine and waits until it switches itself off, or its time is over. */
export async function boot(machine: Machine, dir: string): Promise<Booted> {
  const { kernel, initrd, memoryMb, cpus, limitSeconds, words, onStep } = machine
  const [console, results] = [join(dir, `console-${kernel.release}`), join(dir, `results-${kernel.release}`)]
  for (const file of [console, results]) rmSync(file, { force: true })
  const started = performance.now()
  const append = ['console=ttyS0', 'quiet', 'panic=-1', 'random.trust_cpu=on', 'tsc=unstable', 'mitigations=off', ...words]
  const child = Bun.spawn(
    [
      // Whoever interrupts this ends it, too.
      ...[
        'setpriv',
        '--pdeathsig',
        'KILL',
        'nice',
        '-n',
        '19',
        'qemu-system-x86_64',
        '-accel',
        'tcg,thread=multi',
        '-cpu',
        'max',
        '-smp',
        String(cpus),
      ],
      ...['-m', String(memoryMb), '-nographic', '-nodefaults', '-no-reboot', '-net', 'none', '-device', 'virtio-rng-pci'],
      ...['-serial', `file:${console}`, '-serial', `file:${results}`],
      ...['-kernel', extracted(kernel, dir), '-initrd', initrd, '-append', append.join(' ')],
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: openSync(join(dir, `qemu-${kernel.release}`), 'w') },
  )
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitSeconds * 1000)
  const text = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').replaceAll('\r', '') : '')
  const passed = () => Math.round((performance.now() - started) / 1000)
  let told = 0
  const tell = () => {
    const steps = [...text(results).matchAll(/^step (\S+) (\S+)\n/gm)]
    for (const [, name = '', verdict = ''] of steps.slice(told)) onStep(name, verdict, passed())
    told = steps.length
  }
  const looking = setInterval(tell, 1000)
  await child.exited
  clearTimeout(timer)
  clearInterval(looking)
  tell()
  return { console: text(console), results: text(results), isOver: !isLate, seconds: passed() }
}
