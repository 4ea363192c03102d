import { describe, expect, test } from 'bun:test'
import { toByteString } from '../../src/base/text.ts'
import type { ThreadState } from '../../src/state/thread.ts'
import { World } from './world.ts'

const id = '9dbcbd0c435f05f6c6a4b5e2d4d5c1f2a3b4c5d6e7f8091a2b3c4d5e6f708192'
const short = id.slice(0, 12)
const told = {
  id: short,
  type: 0,
  name: 'épic',
  image: 'nginx:latest',
  imageid: 'f68d6e55',
  imagerepo: 'nginx',
  imagetag: 'latest',
  imagedigest: '',
  privileged: true,
  ip: '172.17.0.2',
  labels: { app: 'web' },
  Mounts: [{ Source: '/a', Destination: '/b', Mode: 'z', RW: false, Propagation: 'rprivate' }],
}

function contained(world: World): ThreadState {
  world.exec(5, 1, '/bin/sh', [], [`cpu=/docker/${id}`])
  return world.state.find(5) as ThreadState
}

describe('containers of a recording', () => {
  test.each([
    ['CONTAINER_JSON_E', [JSON.stringify({ container: told })]],
    ['CONTAINER_JSON_2_E', [JSON.stringify({ container: told })]],
    ['CONTAINER_JSON_2_E', [JSON.stringify(told)]],
    ['ASYNCEVENT_E', [0, 'container', JSON.stringify({ container: told })]],
  ])('%s tells all about one, whenever it comes', (event, params) => {
    const world = new World()
    const thread = contained(world)
    expect(thread.container).toMatchObject({ id: short, fullId: id, type: 'docker', name: undefined })
    world.on(event, -1, ...params.map((param) => (typeof param === 'string' ? toByteString(param) : param)))
    expect(thread.container).toMatchObject({
      ...{ id: short, fullId: id, type: 'docker', name: '\xc3\xa9pic', image: 'nginx:latest', imageId: 'f68d6e55', imageTag: 'latest' },
      ...{ imageRepository: 'nginx', imageDigest: undefined, isPrivileged: true, ip: '172.17.0.2', labels: new Map([['app', 'web']]) },
      mounts: [{ source: '/a', dest: '/b', mode: 'z', isWritable: false, propagation: 'rprivate' }],
    })
    world.state.reset()
    expect(contained(world).container?.name).toBeUndefined()
  })

  test.each([[''], ['{'], ['null'], ['[1]'], ['{"container":7}'], ['{"id":12}'], ['['.repeat(500_000)], [`"${'x'.repeat(2_000_000)}"`]])(
    'nonsense tells nothing',
    (json) => {
      const world = new World()
      world.on('CONTAINER_JSON_2_E', -1, json)
      world.on('ASYNCEVENT_E', -1, 0, 'other', JSON.stringify(told))
      expect(contained(world).container).toMatchObject({ id: short, name: undefined })
      expect(world.state.find(-1)).toBeUndefined()
    },
  )
})

test('users and groups come and go, for the host and for a container', () => {
  const world = new World()
  const names = (containerId: string) => [world.state.users.user(7, containerId)?.name, world.state.users.group(8, containerId)?.name]
  world.on('USER_ADDED_E', -1, 7, 8, 'ann', '/home/ann', '/bin/sh', '')
  world.on('GROUP_ADDED_E', -1, 8, 'staff', '')
  expect(world.state.users.user(7, '')).toEqual({ uid: 7, gid: 8, name: 'ann', home: '/home/ann', shell: '/bin/sh' })
  world.on('USER_ADDED_E', -1, 7, 8, 'bob', '/', '', short)
  world.on('GROUP_ADDED_E', -1, 8, 'crew', short)
  expect([names(''), names(short), names('other')]).toEqual([
    ['ann', 'staff'],
    ['bob', 'crew'],
    ['ann', 'staff'],
  ])
  expect(contained(world).containerId).toBe(short)
  world.on('USER_DELETED_E', -1, 7, 8, 'bob', '/', '', short)
  world.on('GROUP_DELETED_E', -1, 8, 'crew', short)
  // A container that had names of its own is not the host.
  expect(names(short)).toEqual([undefined, undefined])
  world.on('USER_DELETED_E', -1, 7, 8, 'ann', '', '', '')
  world.on('GROUP_DELETED_E', -1, 8, 'staff', '')
  expect(names('')).toEqual([undefined, undefined])
})
