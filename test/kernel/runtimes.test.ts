import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Agent, startAgent } from '../tools/agent.ts'
import { enterRootCgroups } from './cgroups.ts'
import { type Containerd, hasPodNetwork, podBridge, startContainerd, whyNoContainerd } from './containerd.ts'
import { execInContainer, removePod, runContainer, runPod } from './cri_client.ts'
import { searchPath } from './docker.ts'
import { podman, startUser } from './podman.ts'
import { whyNotLive } from './stage.ts'
import { containedRule, firstTold } from './told.ts'

// What is known of real containers of several runtimes, by the first alert that tells of them.

const reason = whyNotLive() ?? whyNoContainerd()
const missing = (...programs: string[]) => {
  const all = programs.filter((program) => Bun.which(program, { PATH: searchPath }) === null)
  return reason ?? (all.length > 0 ? `there is no ${all.join(', ')}` : undefined)
}
const whyNoPodman = missing('podman', 'runc')
const whyNoRootless = missing('podman', 'runc', 'newuidmap', 'setpriv', 'useradd')
const whyNoLxc = missing('lxc-execute')
const whyNoNspawn = missing('systemd-nspawn')
for (const why of new Set([whyNoPodman, whyNoRootless, whyNoLxc, whyNoNspawn])) if (why !== undefined) console.warn(`skipped: ${why}`)

const podmanImage = 'localhost/eyas-test/podman:3'
// A machine that is itself confined may not have more than this to give.
const podmanLimits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

describe.skipIf(reason !== undefined)('runtimes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eyas-runtimes-'))
  let containerd: Containerd
  let agent: Agent
  let leave = () => {}

  beforeAll(async () => {
    chmodSync(dir, 0o755)
    leave = enterRootCgroups()
    containerd = await startContainerd(dir)
    const rules = join(dir, 'rules.yaml')
    writeFileSync(rules, JSON.stringify([containedRule]))
    const sockets = { sockets: [containerd.socket] }
    const engines = { containerd: sockets, cri: sockets }
    const plugins = [{ name: 'container', library_path: 'libcontainer.so', init_config: { engines } }]
    const config = { rules_files: [rules], plugins, json_output: true, stdout_output: { enabled: true }, log_stderr: true }
    writeFileSync(join(dir, 'falco.yaml'), JSON.stringify(config))
    agent = await startAgent(['-c', join(dir, 'falco.yaml')])
  }, 60_000)

  afterAll(async () => {
    await agent?.stop()
    await containerd?.stop()
    Bun.spawnSync(['ip', 'link', 'delete', podBridge])
    leave()
    rmSync(dir, { recursive: true, force: true })
  }, 30_000)

  const told = (cmdline: string) => firstTold(agent, cmdline)

  // Made with the image of containerd.
  const archive = () => join(dir, 'root.tar')

  test.each([
    ['in a namespace of its own', ['--namespace', 'eyas-other'], 'other', []],
    ['in a cgroup of the user', ['--namespace', 'default'], 'elsewhere', ['--cgroup', '/eyas-test/any/where']],
    ['with an id like those of others', ['--namespace', 'default'], 'ab'.repeat(32), []],
  ])(
    'containerd, %s',
    async (_, space, id, options) => {
      const ctr = (args: readonly string[]) => Bun.spawnSync(['ctr', '--address', containerd.socket, ...space, ...args])
      ctr(['images', 'import', '--snapshotter', 'native', join(dir, 'image.tar')])
      const done = ctr([
        'run',
        '--snapshotter',
        'native',
        '--rm',
        '--label',
        'a=b',
        ...options,
        containerd.image,
        id,
        '/bin/true',
        id.slice(0, 12),
      ])
      expect(done.stderr.toString()).toBe('')
      const found = await told(`true ${id.slice(0, 12)}`)
      expect(found).toMatchObject({ id: id.slice(0, 12), name: id, image: containerd.image, type: 'containerd', pod: null })
      expect(found.digest).toStartWith('sha256:')
      expect(found.labels).toContain('a:b')
    },
    60_000,
  )

  test('a pod of Kubernetes', async () => {
    const kubelet = {
      'io.kubernetes.pod.name': 'web-5d9c7b9d4-abcde',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': 'uid-web-5d9c7b9d4-abcde',
    }
    const applied = {
      spec: {
        containers: [
          { name: 'side', livenessProbe: { exec: { command: ['no'] } } },
          { name: 'nginx', livenessProbe: { exec: { command: ['/bin/ls', '/'] } }, readinessProbe: { httpGet: { port: 80 } } },
        ],
      },
    }
    const pod = {
      name: 'web-5d9c7b9d4-abcde',
      namespace: 'shop',
      labels: { app: 'wéb', 'pod-template-hash': '5d9c7b9d4', ...kubelet },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) },
      hasAddress: hasPodNetwork(),
    }
    const podId = await runPod(containerd.socket, pod)
    try {
      const labels = { 'io.kubernetes.container.name': 'nginx', ...kubelet }
      const container = { name: 'nginx', image: containerd.image, command: ['/bin/sleep', '1001'], labels }
      const id = await runContainer(containerd.socket, podId, pod, container)
      const expected = {
        id: id.slice(0, 12),
        name: 'nginx',
        image: containerd.image,
        type: 'containerd',
        hostPid: false,
        hostNetwork: !pod.hasAddress,
        liveness: '/bin/ls /',
        readiness: null,
        pod: pod.name,
        namespace: 'shop',
        podUid: 'uid-web-5d9c7b9d4-abcde',
        sandbox: podId,
        deployment: 'web',
      }
      const first = await told('sleep 1001')
      expect(first).toMatchObject(expected)
      expect(first.podLabels).toContain('app:wéb')
      expect(first.labels).toBe('io.cri-containerd.kind:container')
      expect(first.labels).not.toContain('app:')
      if (pod.hasAddress) {
        expect(first.ip).toMatch(/^10\.213\.0\.\d+$/)
        expect(first.podIp).toBe(first.ip)
        expect(JSON.parse(String(first.cni)).eth0.IPConfigs[0].IP).toBe(first.ip)
      }
      await execInContainer(containerd.socket, id, ['/bin/ls', '/tmp'])
      expect(await told('ls /tmp')).toMatchObject(expected)
    } finally {
      await removePod(containerd.socket, podId)
    }
  }, 60_000)

  test.skipIf(whyNoPodman !== undefined)(
    'Podman: address, labels, health check',
    async () => {
      podman(['import', archive(), podmanImage])
      const options = [
        '--rm',
        '--name',
        `eyas-net-${process.pid}`,
        '--label',
        'a=b c',
        '--health-cmd',
        '/bin/true',
        '-v',
        `${dir}:/data:ro`,
      ]
      try {
        podman(['run', ...podmanLimits, ...options, podmanImage, '/bin/true', 'podman1'])
        const first = await told('true podman1')
        expect(first).toMatchObject({
          name: `eyas-net-${process.pid}`,
          image: podmanImage,
          type: 'podman',
          labels: 'a:b c',
          healthcheck: '/bin/sh -c /bin/true',
          mounts: `${dir}:/data::false:rprivate`,
          hostNetwork: false,
        })
        expect(first.digest).toStartWith('sha256:')
        expect(first.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
        const id = podman(['images', '--quiet', podmanImage])
        podman(['run', ...podmanLimits, '--rm', '--network=host', '--pid=host', '--cgroup-parent=/eyas-test/p', id, '/bin/true', 'podman2'])
        expect(await told('true podman2')).toMatchObject({ image: podmanImage, type: 'podman', hostNetwork: true, hostPid: true, ip: '' })
      } finally {
        podman(['rmi', podmanImage])
      }
    },
    60_000,
  )

  test.skipIf(whyNoRootless !== undefined)(
    'Podman of a user without root',
    async () => {
      const home = await startUser(dir, archive())
      try {
        const id = home.run(['--name', 'mine', '--label', 'c=d', 'localhost/eyas-test/user:1', '/bin/true', 'user1'])
        expect(await told('true user1')).toMatchObject({
          id: id.slice(0, 12),
          name: 'mine',
          image: 'localhost/eyas-test/user:1',
          type: 'podman',
          labels: 'c:d',
        })
      } finally {
        home.stop()
      }
    },
    90_000,
  )

  test.skipIf(whyNoLxc !== undefined)(
    'LXC',
    async () => {
      const lxc = join(dir, 'lxc')
      const place = join(lxc, 'eyas-web.1')
      unpack(archive(), join(place, 'rootfs'))
      const lines = [`lxc.rootfs.path = dir:${place}/rootfs`, 'lxc.uts.name = web', 'lxc.net.0.type = none', 'lxc.cap.drop = sys_resource']
      writeFileSync(join(place, 'config'), `${lines.join('\n')}\n`)
      const done = Bun.spawnSync(['lxc-execute', '--lxcpath', lxc, '--name', 'eyas-web.1', '--', '/bin/true', 'lxc1'])
      expect(done.stderr.toString()).toBe('')
      const named = { id: 'eyas-web.1', name: 'eyas-web.1', type: 'lxc', image: '' }
      expect(await told('true lxc1')).toMatchObject(named)
    },
    60_000,
  )

  test.skipIf(whyNoNspawn !== undefined)(
    'systemd-nspawn',
    async () => {
      const place = join(dir, 'machine')
      unpack(archive(), place)
      mkdirSync(join(place, 'usr'))
      writeFileSync(join(place, 'etc', 'os-release'), '')
      // As systemd puts it into a unit of its own; here there may be none.
      const groups = readdirSync('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)
      const roots = existsSync('/sys/fs/cgroup/cgroup.procs')
        ? ['/sys/fs/cgroup']
        : groups.filter((root) => existsSync(`${root}/cgroup.procs`))
      const own = roots.map((root) => `${root}/machine.slice/machine-my\\x2dweb.scope`)
      for (const group of own) mkdirSync(group, { recursive: true })
      const enter = own.map((group) => `echo $$ > '${group}/cgroup.procs' 2>/dev/null`).join('; ')
      const options = '--quiet --register=no --keep-unit --machine my-web'
      const done = Bun.spawnSync(['sh', '-c', `${enter}; exec systemd-nspawn ${options} --directory '${place}' /bin/true nspawn1`])
      expect(done.exitCode).toBe(0)
      const named = { id: 'my-web', name: 'my-web', type: 'systemd-nspawn', image: '' }
      expect(await told('true nspawn1')).toMatchObject(named)
    },
    60_000,
  )
})

function unpack(archive: string, to: string): void {
  mkdirSync(to, { recursive: true })
  Bun.spawnSync(['tar', '-C', to, '-xf', archive])
  for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(to, name), { recursive: true })
}
