import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Container } from '../../src/event/container.ts'
import { containerIdOf, emptyContainer } from '../../src/state/containers.ts'
import { parseBundle } from '../../src/state/runtime/bundle_json.ts'
import { containerdRoots } from '../../src/state/runtime/containerd_roots.ts'
import { askJson } from '../../src/state/runtime/docker.ts'
import { parseDocker } from '../../src/state/runtime/docker_json.ts'
import { nameImage, setImage, splitImage } from '../../src/state/runtime/image_name.ts'
import { describePodman } from '../../src/state/runtime/podman_json.ts'
import { readRows } from '../../src/state/runtime/podman_sqlite.ts'
import { RuntimeContainers } from '../../src/state/runtimes.ts'

const id = '697956520d891b5cb0e215093970c733549a3f745f52263c05b37f8a488994f3'
const inner = `1${id.slice(1)}`
const folder = mkdtempSync(join(tmpdir(), 'containers-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the cgroup tells the runtime', () => {
  test.each([
    [`memory=/docker/${id}`, 'docker'],
    [`cpu=/system.slice/docker-${id}.scope`, 'docker'],
    [`cpu=/docker/${inner}/docker/${id}`, 'docker'],
    [`cpu=/ecs/task-1/${id}`, 'docker'],
    [`pids=/kubepods/besteffort/pod3d274242-8ee0-11e9-a8a6-1e68d864ef1a/${id}`, 'containerd'],
    [`cpu=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podabc.slice/cri-containerd-${id}.scope`, 'containerd'],
    [`cpu=/kubepods.slice/kubepods-podabc.slice/docker-${id}.scope`, 'docker'],
    [`cpu=/system.slice/containerd.service/kubepods-besteffort-podabc.slice:cri-containerd:${id}`, 'containerd'],
    [`cpu=/default/${id}`, 'containerd'],
    [`cpu=/kubepods.slice/kubepods-podabc.slice/crio-${id}.scope`, 'cri-o'],
    [`cpu=/machine.slice/libpod-${id}.scope`, 'podman'],
    [`cpu=/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`, 'podman'],
  ])('%s', (cgroup, type) => {
    expect(containerIdOf(['cpuset=/', cgroup])).toEqual({ id: id.slice(0, 12), fullId: id, type })
  })

  test.each([
    ['cpu=/default/c-1.x', 'c-1.x', 'containerd'],
    ['cpu=/lxc/web1', 'web1', 'lxc'],
    ['cpu=/lxc.payload.web1/system.slice', 'web1', 'lxc'],
    ['cpu=/machine.slice/machine-web1.scope/payload', 'web1', 'systemd-nspawn'],
    ['cpu=/machine.slice/systemd-nspawn@web1.service/payload', 'web1', 'systemd-nspawn'],
    ['cpu=/machine.slice/machine-my\\x2dweb.scope', 'my-web', 'systemd-nspawn'],
    ['cpu=/system.slice/bpm-job.one.scope', 'job.one', 'bpm'],
    ['cpu=/machine.slice/machine-lxc\\x2d12\\x2dmy\\x2ddb.scope', 'my-db', 'libvirt-lxc'],
  ])('%s', (cgroup, name, type) => {
    expect(containerIdOf([cgroup])).toEqual({ id: name, fullId: name, type })
  })

  test.each([
    'memory=/',
    'memory=/user.slice/user-1000.slice/session-5.scope',
    'memory=/system.slice/docker.service',
    `memory=/process_api/${id}`,
    'memory=/process_api/353a541b9c918d8ae0e28ef66af25e76',
    `memory=/${id}`,
    `memory=/system.slice/${id}`,
    `cpu=/kubepods.slice/kubepods-podabc.slice/crio-conmon-${id}.scope`,
    `cpu=/machine.slice/libpod-conmon-${id}.scope`,
    'cpu=/lxc.monitor.web1',
    `cpu=/docker/${id.slice(1)}`,
  ])('%s is the host', (cgroup) => {
    expect(containerIdOf([cgroup])).toBeUndefined()
  })
})

const inspected = {
  Name: '/web',
  Image: 'sha256:0123456789abcdef',
  Config: { Image: 'registry:5000/team/web:1.2', Labels: { app: 'wéb' } },
  HostConfig: { Privileged: true },
  State: { StartedAt: '2026-01-02T03:04:05.5Z' },
  NetworkSettings: { IPAddress: '', Networks: { bridge: { IPAddress: '172.17.0.2' } } },
  Mounts: [{ Source: '/var/data', Destination: '/data', Mode: 'ro', RW: false, Propagation: 'rprivate' }],
}

const known: Partial<Container> = {
  id: id.slice(0, 12),
  fullId: id,
  type: 'docker',
  name: 'web',
  image: 'registry:5000/team/web:1.2',
  imageId: '0123456789ab',
  imageRepository: 'registry:5000/team/web',
  imageTag: '1.2',
  isPrivileged: true,
  ip: '172.17.0.2',
  startTs: 1_767_323_045_500_000_000n,
  labels: new Map([['app', 'w\xc3\xa9b']]),
  mounts: [{ source: '/var/data', dest: '/data', mode: 'ro', isWritable: false, propagation: 'rprivate' }],
}

test('what the API tells', () => {
  expect(parseDocker(id, inspected, undefined)).toMatchObject(known)
})

test.each([[null], [[]], ['x'], [{ Config: 7, State: [], Mounts: [null, 3], NetworkSettings: { Networks: { a: 1 } } }]])(
  'nonsense %p is an unknown container',
  (json) => {
    expect(parseDocker(id, json, json)).toMatchObject({ fullId: id, name: undefined, image: undefined })
    expect(parseBundle(id, 'containerd', json)).toMatchObject({ fullId: id, type: 'containerd', image: undefined })
  },
)

test.each([
  ['busybox', 'busybox', 'latest', undefined],
  ['a/b:1', 'a/b', '1', undefined],
  ['host:5000/b', 'host:5000/b', 'latest', undefined],
  ['b@sha256:ff', 'b', undefined, 'sha256:ff'],
  ['b:2@sha256:ff', 'b', '2', 'sha256:ff'],
])('image %s', (image, repository, tag, digest) => {
  expect(splitImage(image)).toEqual({ repository, tag, digest })
})

describe('images by name', () => {
  const named = (image: string, names: readonly string[]) => {
    const container = emptyContainer(id, 'docker')
    setImage(container, image)
    nameImage(container, names)
    return [container.image, container.imageRepository, container.imageTag, container.imageDigest]
  }
  const names = ['reg:5000/a/b:1', 'x:2', 'x@sha256:22', 'reg:5000/a/b@sha256:11']

  test.each([
    ['reg:5000/a/b:1', ['reg:5000/a/b:1', 'reg:5000/a/b', '1', 'sha256:11']],
    ['x:2', ['x:2', 'x', '2', 'sha256:22']],
    ['other', ['other', 'other', 'latest', 'sha256:22']],
    ['0123456789ab', ['reg:5000/a/b:1', 'reg:5000/a/b', '1', 'sha256:11']],
    [`sha256:${id}`, ['reg:5000/a/b:1', 'reg:5000/a/b', '1', 'sha256:11']],
    ['x@sha256:33', ['x@sha256:33', 'x', undefined, 'sha256:33']],
  ])('%s', (image, told) => {
    expect(named(image, names)).toEqual(told)
  })

  test('an id that nothing is called by stays', () => {
    expect(named('0123456789ab', [])).toEqual(['0123456789ab', '0123456789ab', 'latest', undefined])
  })
})

describe('cgroups that only files explain', () => {
  const root = join(folder, 'six')
  const touch = (path: string, text = '{}') => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  touch(`var/lib/docker/containers/${id}/config.v2.json`)
  touch(`var/lib/containers/storage/vfs-containers/${inner}/userdata/config.json`)
  const containers = new RuntimeContainers({ hostRoot: root, docker: [], podman: [], hidden: new Set(['lxc']) })

  test.each([
    [`cpu=/any/where/${id}`, id, 'docker'],
    [`cpu=/any.slice/docker-like-${id}.scope`, id, 'docker'],
    [`cpu=/other/${inner}`, inner, 'podman'],
  ])('%s', (cgroup, fullId, type) => {
    expect(containers.idOf(['cpuset=/', cgroup])).toEqual({ id: fullId.slice(0, 12), fullId, type })
  })

  test.each([`cpu=/any/where/${'0'.repeat(64)}`, `cpu=/system.slice/x-${id}.service`, 'cpu=/lxc/web1', 'cpu=/', ''])(
    '%s is the host',
    (cgroup) => {
      expect(containers.idOf([cgroup])).toBeUndefined()
    },
  )

  test('one container for all that runs', () => {
    const fixed = new RuntimeContainers({ hostRoot: root, fixed: { id: 'only', name: 'one', image: 'a/b:2' } })
    expect(fixed.idOf(['cpu=/'])).toEqual({ id: 'only', fullId: 'only', type: 'static' })
    expect(fixed.lookup('only', 'static')).toMatchObject({ name: 'one', image: 'a/b:2', imageTag: '2', type: 'static' })
    expect(fixed.isReady('only', 'static')).toBe(true)
  })
})

test('where the containerds that run keep their files', () => {
  const root = join(folder, 'ten')
  const run = (pid: number, comm: string, words: readonly string[]) => {
    mkdirSync(join(root, 'proc', String(pid)), { recursive: true })
    writeFileSync(join(root, 'proc', String(pid), 'comm'), `${comm}\n`)
    writeFileSync(join(root, 'proc', String(pid), 'cmdline'), `${words.join('\0')}\0`)
  }
  run(2, 'containerd', ['containerd', '--root=/a'])
  run(3, 'containerd', ['/usr/bin/containerd', '-c', '/own.toml'])
  run(4, 'containerd', ['containerd', '--root', '/b', '--state', '/c'])
  run(5, 'other', ['containerd', '--root', '/d'])
  run(6, 'containerd', ['containerd', '--root', '../e', '--config'])
  writeFileSync(join(root, 'own.toml'), 'version = 2\n# root = "/f"\nroot = "/g"\nstate = "/h"\n')
  expect(containerdRoots(root).sort()).toEqual(['/a', '/b', '/g'])
})

test("a newer Podman's database", () => {
  const root = join(folder, 'seven')
  const dir = join(root, 'var/lib/containers/storage')
  mkdirSync(join(dir, 'overlay-containers', id, 'userdata'), { recursive: true })
  writeFileSync(join(dir, 'overlay-containers', id, 'userdata/config.json'), '{}')
  const database = new Database(join(dir, 'db.sql'), { create: true })
  const config = { name: 'web', rootfsImageName: 'a/b:1', labels: { x: 'y' }, healthcheck: { Test: ['CMD', 'a', 'b'] }, privileged: true }
  const state = { networkStatus: { podman: { interfaces: { eth0: { subnets: [{ ipnet: '10.88.0.2/16' }] } } } } }
  for (const [table, row] of [
    ['ContainerConfig', config],
    ['ContainerState', state],
  ] as const) {
    database.run(`CREATE TABLE ${table} (ID TEXT PRIMARY KEY, JSON TEXT)`)
    database.run(`INSERT INTO ${table} VALUES (?, ?)`, [id, JSON.stringify(row)])
  }
  database.close()
  const rows = readRows(join(dir, 'db.sql'), id)
  const told = describePodman(emptyContainer(id, 'podman'), JSON.parse(rows?.config ?? ''), JSON.parse(rows?.state ?? ''))
  expect(told).toMatchObject({ name: 'web', image: 'a/b:1', ip: '10.88.0.2', healthcheck: 'a b', isPrivileged: true })
  expect(told.labels).toEqual(new Map([['x', 'y']]))
  expect(readRows(join(dir, 'db.sql'), inner)).toBeUndefined()
  expect(readRows(join(dir, 'none.sql'), id)).toBeUndefined()
})

describe('a container is found', () => {
  test('in the files of Docker, at once', () => {
    const dir = join(folder, 'one/var/lib/docker/containers', id)
    mkdirSync(dir, { recursive: true })
    const { HostConfig, Mounts, ...config } = inspected
    writeFileSync(join(dir, 'config.v2.json'), JSON.stringify({ ...config, MountPoints: { '/data': Mounts[0] } }))
    writeFileSync(join(dir, 'hostconfig.json'), JSON.stringify(HostConfig))
    const containers = new RuntimeContainers({ hostRoot: join(folder, 'one'), docker: [] })
    expect(containers.lookup(id, 'docker')).toMatchObject(known)
  })

  test('in the bundle that containerd was given for Kubernetes', () => {
    const dir = join(folder, 'two/run/containerd/io.containerd.runtime.v2.task/k8s.io', id)
    mkdirSync(dir, { recursive: true })
    const annotations = { 'io.kubernetes.cri.container-name': 'nginx', 'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.27' }
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ annotations, mounts: [{ source: '/a', destination: '/b', options: ['ro'] }] }))
    const containers = new RuntimeContainers({ hostRoot: join(folder, 'two'), containerd: [] })
    expect(containers.lookup(id, 'containerd')).toMatchObject({
      name: 'nginx',
      imageRepository: 'docker.io/library/nginx',
      imageTag: '1.27',
      type: 'containerd',
      isPrivileged: false,
      mounts: [{ source: '/a', dest: '/b', isWritable: false }],
    })
  })

  test('in the files of a Docker of a user', () => {
    const dir = join(folder, 'eight/home/ann/.local/share/docker/containers', id)
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'config.v2.json'), JSON.stringify(inspected))
    const containers = new RuntimeContainers({ hostRoot: join(folder, 'eight'), docker: [], homes: () => ['/home/ann'] })
    expect(containers.lookup(id, 'docker')).toMatchObject(known)
  })

  test.each([
    ['none', true],
    ['container:x', true],
    ['bridge', false],
  ])('with its address, where its network %s gives one', async (NetworkMode, isReady) => {
    const root = join(folder, `nine-${isReady}-${NetworkMode.length}`)
    const dir = join(root, 'var/lib/docker/containers', id)
    mkdirSync(dir, { recursive: true })
    const config = { ...inspected, NetworkSettings: {}, HostConfig: { NetworkMode } }
    writeFileSync(join(dir, 'config.v2.json'), JSON.stringify(config))
    const server = Bun.serve({ unix: join(root, 'api.sock'), fetch: () => Response.json({ ...inspected, HostConfig: { NetworkMode } }) })
    const containers = new RuntimeContainers({ hostRoot: root, docker: ['/api.sock'] })
    expect(containers.lookup(id, 'docker').name).toBe('web')
    expect(containers.isReady(id, 'docker')).toBe(isReady)
    const ready = await new Promise<Container>((resolve) => containers.onReady(id, resolve))
    if (!isReady) expect(ready.ip).toBe('172.17.0.2')
    await server.stop(true)
  })

  test('but not by an answer without end', async () => {
    const socket = join(folder, 'endless.sock')
    const body = () => new ReadableStream({ pull: (stream) => stream.enqueue(Buffer.alloc(1 << 20, 32)) })
    const server = Bun.serve({ unix: socket, fetch: () => new Response(body()) })
    expect(await askJson(socket, '/info')).toBeUndefined()
    await server.stop(true)
  })

  test('by asking the socket, meanwhile', async () => {
    const socket = join(folder, 'api.sock')
    const server = Bun.serve({
      unix: socket,
      fetch: (request) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/info') return Response.json({ DockerRootDir: '/elsewhere' })
        return pathname === `/containers/${id}/json` ? Response.json(inspected) : new Response('', { status: 404 })
      },
    })
    const containers = new RuntimeContainers({ docker: [socket], dockerRoots: [] })
    expect(containers.lookup(id, 'docker').name).toBeUndefined()
    const ready = await new Promise<Container>((resolve) => containers.onReady(id, resolve))
    expect(ready).toMatchObject(known)
    expect(containers.lookup(id, 'docker').name).toBe('web')
    await server.stop(true)
  })

  test("in Podman's list, of root or of a user", () => {
    const metadata = JSON.stringify({ 'image-name': 'localhost/a/b:3', 'image-id': 'f'.repeat(64), name: 'pod1' })
    for (const storage of ['three/var/lib/containers/storage', 'four/home/ann/.local/share/containers/storage']) {
      const dir = join(folder, storage, 'overlay-containers')
      mkdirSync(join(dir, id, 'userdata'), { recursive: true })
      writeFileSync(join(dir, 'containers.json'), JSON.stringify([{ id: inner }, { id, names: ['x'], metadata }]))
      writeFileSync(join(dir, id, 'userdata/config.json'), JSON.stringify({ linux: { namespaces: [{ type: 'pid' }] } }))
      const root = join(folder, storage.split('/')[0] ?? '')
      const containers = new RuntimeContainers({ hostRoot: root, podman: [], homes: () => ['/home/ann'] })
      const expected = { name: 'pod1', image: 'localhost/a/b:3', imageTag: '3', imageId: 'f'.repeat(12), type: 'podman' }
      expect(containers.lookup(id, 'podman')).toMatchObject({ ...expected, isHostPid: false, isHostNetwork: true })
      expect(containers.isReady(id, 'podman')).toBe(true)
    }
  })

  test('unless a user has put a pipe in its place', () => {
    const dir = join(folder, 'five/home/ann/.local/share/containers/storage/overlay-containers', id, 'userdata')
    mkdirSync(dir, { recursive: true })
    for (const file of [join(dir, 'config.json'), join(dir, '../../containers.json')]) Bun.spawnSync(['mkfifo', file])
    const containers = new RuntimeContainers({ hostRoot: join(folder, 'five'), podman: [], homes: () => ['/home/ann'] })
    expect(containers.lookup(id, 'podman').name).toBeUndefined()
  })

  test('by its name, where it has no more', () => {
    const containers = new RuntimeContainers({ hostRoot: folder })
    expect(containers.lookup('web1', 'lxc')).toMatchObject({ id: 'web1', name: 'web1', type: 'lxc', image: undefined })
    expect(containers.isReady('web1', 'lxc')).toBe(true)
  })

  test('is forgotten when nobody uses it any more', () => {
    const containers = new RuntimeContainers({ hostRoot: folder })
    for (const name of ['one', 'two']) containers.lookup(name, 'lxc')
    for (let round = 0; round < 3; round++) containers.purge((used) => used === 'one')
    expect([...containers.listed()].map(({ name }) => name)).toEqual(['one'])
  })

  test('never through an id that is none', () => {
    const containers = new RuntimeContainers({ hostRoot: folder, docker: [] })
    const ready: Container[] = []
    containers.onReady('../../etc', (container) => ready.push(container))
    expect(ready.map(({ name }) => name)).toEqual([undefined])
  })
})
