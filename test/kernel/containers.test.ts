import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, startAgent } from '../tools/agent.ts'
import { enterRootCgroups } from './cgroups.ts'
import { type Containerd, rootArchive, startContainerd, whyNoContainerd } from './containerd.ts'
import { removePod, runContainer, runPod } from './cri_client.ts'
import { startDocker, whyNoDocker } from './docker.ts'
import { whyNotLive } from './stage.ts'

// Real containers, most of which live for some ms: the first alert already has their name and image.

const reason = whyNotLive() ?? whyNoContainerd()
const noDocker = reason ?? whyNoDocker()
const noPodman = reason ?? (Bun.which('podman') === null ? 'there is no podman' : undefined)
if (noPodman !== undefined) console.warn(`tests of containers are skipped: ${noPodman}`)

const fields = ['id', 'name', 'image', 'image.repository', 'image.tag', 'type', 'privileged'].map((name) => `%container.${name}`)
const output = [...fields, '%k8s.pod.name', '%k8s.ns.name', '%k8s.deployment.name', '%user.name', '%proc.cmdline'].join('|')
const rule = { rule: 'contained', desc: 'd', priority: 'INFO', output: `=${output}=` }

describe.skipIf(reason !== undefined)('containers', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-containers-'))
  let containerd: Containerd
  let agent: Agent
  let leave = () => {}

  beforeAll(async () => {
    leave = enterRootCgroups()
    containerd = await startContainerd(dir)
    const rules = join(dir, 'rules.yaml')
    writeFileSync(
      rules,
      JSON.stringify([{ ...rule, condition: 'evt.type in (execve, execveat) and evt.res=SUCCESS and container' }, ...macros]),
    )
    const sockets = { sockets: [containerd.socket] }
    const engines = {
      containerd: sockets,
      cri: sockets,
      podman: { enabled: true },
      docker: { sockets: [join(dir, 'docker/run/docker.sock')] },
    }
    const plugins = [{ name: 'container', library_path: 'libcontainer.so', init_config: { engines } }]
    const metrics = { enabled: true, interval: '1s', output_file: join(dir, 'metrics.json') }
    writeFileSync(
      join(dir, 'falco.yaml'),
      JSON.stringify({ rules_files: [rules], plugins, metrics, stdout_output: { enabled: true }, log_stderr: true }),
    )
    agent = await startAgent(['-c', join(dir, 'falco.yaml')])
  }, 60_000)

  afterAll(async () => {
    await agent?.stop()
    await containerd?.stop()
    leave()
    rmSync(dir, { recursive: true, force: true })
  }, 30_000)

  /** What the first alert that has `mark` in it tells between its = marks. */
  const firstAlert = async (mark: string) => {
    const line = await agent.alert((text) => text.includes(mark), 10_000)
    return line?.slice(line.indexOf('=') + 1, line.lastIndexOf('='))
  }

  test('of containerd', async () => {
    await containerd.run('short', ['/bin/true', 'one'])
    expect(await firstAlert('|true one')).toBe(
      `short|short|${containerd.image}|docker.io/eyas-test/busybox|1|containerd|false|<NA>|<NA>|<NA>|root|true one`,
    )
  }, 30_000)

  test('of Kubernetes', async () => {
    const labels = {
      'io.kubernetes.pod.name': 'web-5d9c7b9d4-abcde',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': 'u-1',
      'pod-template-hash': '5d9c7b9d4',
    }
    const pod = { name: 'web-5d9c7b9d4-abcde', namespace: 'shop', labels }
    const podId = await runPod(containerd.socket, pod)
    try {
      const command = ['/bin/true', 'two']
      const id = await runContainer(containerd.socket, podId, pod, { name: 'nginx', image: containerd.image, command, labels })
      expect(await firstAlert('|true two')).toBe(
        `${id.slice(0, 12)}|nginx|${containerd.image}|docker.io/eyas-test/busybox|1|containerd|false|web-5d9c7b9d4-abcde|shop|web|root|true two`,
      )
    } finally {
      await removePod(containerd.socket, podId)
    }
  }, 60_000)

  test('with users of their own', async () => {
    await containerd.run('users', ['/bin/busybox', 'su', '-s', '/bin/sh', 'app', '-c', '/bin/sleep 1; /bin/ls three; /bin/sleep 1'])
    expect(await firstAlert('|ls three')).toEndWith('|app|ls three')
  }, 30_000)

  test('of a runtime that was started again', async () => {
    await containerd.stop()
    await containerd.start()
    await containerd.run('again', ['/bin/true', 'four'])
    expect(await firstAlert('|true four')).toBe(
      `again|again|${containerd.image}|docker.io/eyas-test/busybox|1|containerd|false|<NA>|<NA>|<NA>|root|true four`,
    )
  }, 60_000)

  test.skipIf(noPodman !== undefined)(
    'of Podman',
    async () => {
      const podman = (args: readonly string[]) =>
        Bun.spawnSync(['podman', '--runtime', Bun.which('runc', { PATH: '/usr/sbin:/usr/bin' }) ?? '', ...args])
      mkdirSync(join(dir, 'podman'))
      podman(['import', rootArchive(join(dir, 'podman')), 'eyas-test/podman:2'])
      const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']
      const done = podman([
        'run',
        '--rm',
        ...limits,
        '--network=none',
        '--name',
        `eyas-${process.pid}`,
        'eyas-test/podman:2',
        '/bin/true',
        'five',
      ])
      expect(done.stderr.toString()).toBe('')
      expect((await firstAlert('|true five'))?.split('|').slice(1)).toEqual([
        `eyas-${process.pid}`,
        'localhost/eyas-test/podman:2',
        'localhost/eyas-test/podman',
        '2',
        'podman',
        ...['false', '<NA>', '<NA>', '<NA>', 'root', 'true five'],
      ])
      podman(['rmi', 'eyas-test/podman:2'])
    },
    60_000,
  )

  test.skipIf(noDocker !== undefined)(
    'of a Docker that was started later, and keeps its files elsewhere',
    async () => {
      mkdirSync(join(dir, 'docker'))
      const docker = await startDocker(join(dir, 'docker'), {}, {})
      try {
        const options = ['--rm', '--network=none', '--pid=host', '--name', 'quick', '--label', 'a=b']
        docker.client(['run', ...options, `${docker.image}:${docker.tag}`, '/bin/true', 'six'])
        expect((await firstAlert('|true six'))?.split('|').slice(1)).toEqual([
          'quick',
          `${docker.image}:${docker.tag}`,
          docker.image,
          docker.tag,
          ...['docker', 'false', '<NA>', '<NA>', '<NA>', 'root', 'true six'],
        ])
      } finally {
        await docker.stop()
      }
    },
    90_000,
  )

  test('200 of them, of some ms each, leave no thread behind, and are told', async () => {
    const count = 200
    const atOnce = 8
    const numbers = Array.from({ length: count }, (_, i) => i)
    for (let from = 0; from < count; from += atOnce) {
      await Promise.all(numbers.slice(from, from + atOnce).map((i) => containerd.run(`many-${i}`, ['/bin/true', 'many'])))
    }
    await containerd.run('last', ['/bin/true', 'last'])
    await firstAlert('last|')
    const seen = new Set(agent.alerts.flatMap((line) => /=(many-\d+)\|\1\|docker\.io\/eyas-test\/busybox:1\|/.exec(line)?.[1] ?? []))
    // On a busy machine one may have ended, and be forgotten by its runtime, before its events are looked at: then its id is its name.
    expect(seen.size).toBeGreaterThan(count * 0.97)
    expect(new Set(agent.alerts.flatMap((line) => /=(many-\d+)\|\1\|/.exec(line)?.[1] ?? [])).size).toBe(count)
    // All containers have ended: what is left is the host's.
    const containers = await settled(() => lastMetric(join(dir, 'metrics.json'), 'n_containers'))
    expect(containers).toBe(0)
  }, 300_000)
})

const macros = [{ macro: 'container', condition: 'container.id != host' }]

/** Waits until `read` gives 0, or for ten seconds; returns what it gave at last. */
async function settled(read: () => Promise<number>): Promise<number> {
  for (let round = 0; round < 50; round++) {
    if ((await read()) === 0) return 0
    await Bun.sleep(200)
  }
  return read()
}

async function lastMetric(file: string, name: string): Promise<number> {
  const lines = (await Bun.file(file).text()).trimEnd().split('\n')
  const found = new RegExp(`"[a-z_.]*${name}"\\s*:\\s*(\\d+)`).exec(lines.at(-1) ?? '')
  // Zeros are left out.
  return Number(found?.[1] ?? 0)
}
