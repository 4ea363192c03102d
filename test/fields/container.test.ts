import { describe, expect, test } from 'bun:test'
import type { Value } from '../../src/condition/field.ts'
import type { Container } from '../../src/event/container.ts'
import type { Event } from '../../src/event/event.ts'
import { createSyscallFields } from '../../src/fields/index.ts'
import { emptyContainer } from '../../src/state/containers.ts'

const catalogue = createSyscallFields()
const texts = [
  ...['image', 'image.id', 'image.repository', 'image.tag', 'image.digest', 'mounts', 'ip', 'cni.json', 'labels'].map(
    (name) => `container.${name}`,
  ),
  ...['sandbox_id', 'full_sandbox_id', 'labels', 'ip', 'cni.json'].map((name) => `k8s.pod.${name}`),
]
const flags = ['privileged', 'host_pid', 'host_network', 'host_ipc'].map((name) => `container.${name}`)
const others = ['k8s.pod.name', 'k8s.ns.name', 'k8s.pod.uid']

function eventIn(container: Container | undefined): Event {
  return { thread: { containerId: container?.id ?? '', container } } as unknown as Event
}

function values(names: readonly string[], event: Event): Value[] {
  return names.map((name) => catalogue.find(name)?.get?.(event as never))
}

// What Falco's container plugin sets, which holds the host to be a container without most of it.
describe.each([
  ['on the host', eventIn(undefined)],
  ['in a container of which the runtime told no more than the name', eventIn({ ...emptyContainer('web', 'lxc'), name: 'web' })],
])('%s', (_, event) => {
  test('texts are empty, and nothing is set', () => {
    expect(values(texts, event)).toEqual(texts.map(() => ''))
    expect(values(flags, event)).toEqual(flags.map(() => false))
    expect(values(others, event)).toEqual(others.map(() => undefined))
  })
})

test.each([
  ['in a container that the runtime has not told of', eventIn(emptyContainer('a'.repeat(64), 'docker'))],
  ['of a thread that is not known', {} as Event],
])('%s, there is no value', (_, event) => {
  const all = [...texts, ...flags, ...others]
  expect(values(all, event)).toEqual(all.map(() => undefined))
})

test('labels stand in the order of their keys, without those of Kubernetes', () => {
  const labels = new Map([
    ['b', '2'],
    ['io.kubernetes.pod.name', 'web-1'],
    ['annotation.x', 'y'],
    ['a', ''],
    ['io.kubernetes.pod.namespace', 'shop'],
  ])
  const event = eventIn({ ...emptyContainer('web', 'docker'), name: 'web', labels })
  expect(values(['container.labels', 'k8s.pod.labels', 'k8s.pod.name', 'k8s.ns.name'], event)).toEqual([
    'a, b:2',
    'a, b:2',
    'web-1',
    'shop',
  ])
})
