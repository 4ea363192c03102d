import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Value } from '../../src/condition/field.ts'
import { plugins } from '../../src/plugins/index.ts'
import { auditEvent, fieldValue, pod, podSpec, template, workload } from './audit_events.ts'

const fields = plugins.flatMap((plugin) => plugin.fields('k8s_audit')?.fields ?? [])

describe('the catalogue', () => {
  test('is the one that is kept beside the tests', () => {
    const rows = fields.map(({ name, type, arg, flags = [] }) =>
      [name, type, arg ? (arg.required ? 'arg' : '[arg]') : '', ...flags].filter((part) => part !== '').join(' '),
    )
    const golden = readFileSync(join(import.meta.dir, '../golden/k8s_audit_fields.txt'), 'utf8')
    expect(`${rows.join('\n')}\n`).toBe(golden)
  })

  test.each(fields)('$name has a sentence of help, and a way to be read', (field) => {
    expect(field.help).toMatch(/^[A-Z].*[^.]\.$/)
    expect(field.get !== undefined || field.arg?.required === true).toBe(true)
    expect(field.at !== undefined).toBe(field.arg !== undefined)
  })
})

const pods = auditEvent({ requestObject: pod, responseObject: { metadata: { name: 'shop-x1' } } })

describe('values', () => {
  test.each<[string, Value]>([
    ['ka.auditid', 'c0ffee00-0000-4000-8000-000000000001'],
    ['ka.stage', 'ResponseComplete'],
    ['ka.auth.decision', 'allow'],
    ['ka.auth.reason', ''],
    ['ka.auth.openshift.decision', undefined],
    ['ka.user.name', 'alice@example.com'],
    ['ka.user.groups', ['developers', 'system:authenticated']],
    ['ka.impuser.name', undefined],
    ['ka.verb', 'create'],
    ['ka.uri', '/api/v1/namespaces/web/pods?fieldManager=kubectl-run'],
    ['ka.uri.param[fieldManager]', 'kubectl-run'],
    ['ka.uri.param[nothing]', undefined],
    ['ka.target.name', 'shop'],
    ['ka.target.namespace', 'web'],
    ['ka.target.resource', 'pods'],
    ['ka.target.subresource', undefined],
    ['ka.target.pod.name', 'shop'],
    ['ka.req.configmap.name', 'shop'],
    ['ka.req.configmap.obj', undefined],
    ['ka.resp.name', 'shop-x1'],
    ['ka.response.code', '201'],
    ['ka.response.reason', undefined],
    ['ka.useragent', 'kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc'],
    ['ka.sourceips', ['192.0.2.7', '198.51.100.1']],
    ['ka.sourceips[1]', ['198.51.100.1']],
    ['ka.sourceips[2]', undefined],
    ['ka.cluster.name', undefined],
    ['ka.req.binding.subject.has_name[x]', 'N/A'],
  ])('%s', (field, value) => {
    expect(fieldValue(field, pods)).toEqual(value)
  })

  test.each<[string, Value]>([
    ['name', ['shop', 'side']],
    ['name[1]', ['side']],
    ['name[2]', undefined],
    ['image', ['ghcr.io/acme/shop@sha256:0123', 'busybox']],
    ['image[0]', ['ghcr.io/acme/shop@sha256:0123']],
    ['image.repository', ['ghcr.io/acme/shop', 'busybox']],
    ['command', ['/shop', '--serve']],
    ['args[0]', ['-v']],
    ['args[1]', undefined],
    ['host_port', ['8443']],
    ['privileged', ['false']],
    ['allow_privilege_escalation', ['true']],
    ['read_only_fs', ['true']],
    ['run_as_user', ['0']],
    ['eff_run_as_user', ['0', '1000']],
    ['run_as_group', undefined],
    ['eff_run_as_group', ['3000', '3000']],
    ['proc_mount', ['Unmasked']],
    ['add_capabilities', ['NET_ADMIN', 'SYS_TIME']],
  ])('ka.req.pod.containers.%s', (field, value) => {
    expect(fieldValue(`ka.req.pod.containers.${field}`, pods)).toEqual(value)
  })

  test.each<[string, Value]>([
    ['ka.req.pod.host_network', 'true'],
    ['ka.req.pod.host_pid', 'false'],
    ['ka.req.pod.host_ipc', undefined],
    ['ka.req.pod.run_as_user', '1000'],
    ['ka.req.pod.run_as_group', '3000'],
    ['ka.req.pod.fs_group', '2000'],
    ['ka.req.pod.supplemental_groups', ['7', '8']],
    ['ka.req.pod.volumes.hostpath', ['/etc']],
    ['ka.req.pod.volumes.hostpath[1]', undefined],
    ['ka.req.pod.volumes.flexvolume_driver', ['acme/nfs']],
    ['ka.req.pod.volumes.volume_type', ['hostPath', 'flexVolume', 'secret']],
    ['ka.req.pod.volumes.volume_type[2]', ['secret']],
    ['ka.req.pod.initContainers.image.repository', ['registry.example:5000/tools/prepare']],
    ['ka.req.pod.initContainers.privileged', ['true']],
    ['ka.req.pod.ephemeralContainers.command', ['sh']],
    ['ka.req.container.image', 'ghcr.io/acme/shop@sha256:0123'],
    ['ka.req.container.image.repository', 'ghcr.io/acme/shop'],
    ['ka.req.container.privileged', 'false'],
    ['ka.req.container.host_network', 'true'],
    ['ka.req.volume.hostpath[/etc]', 'true'],
    ['ka.req.volume.hostpath[/et*]', 'true'],
    ['ka.req.volume.hostpath[/proc*]', 'false'],
  ])('%s', (field, value) => {
    expect(fieldValue(field, pods)).toEqual(value)
  })

  test.each([
    ['Deployment', workload('Deployment', { replicas: 2, template })],
    ['DaemonSet', workload('DaemonSet', { template })],
    ['StatefulSet', workload('StatefulSet', { serviceName: 'shop', template })],
    ['ReplicaSet', workload('ReplicaSet', { template })],
    ['Job', workload('Job', { backoffLimit: 1, template })],
    ['CronJob', workload('CronJob', { schedule: '* * * * *', jobTemplate: { spec: { template } } })],
    ['PodTemplate', { kind: 'PodTemplate', template }],
  ])('the pods of a %s', (_, requestObject) => {
    const event = auditEvent({ requestObject })
    expect(fieldValue('ka.req.pod.containers.image', event)).toEqual(['ghcr.io/acme/shop@sha256:0123', 'busybox'])
    expect(fieldValue('ka.req.pod.initContainers.privileged', event)).toEqual(['true'])
    expect(fieldValue('ka.req.pod.volumes.hostpath', event)).toEqual(['/etc'])
    expect(fieldValue('ka.req.pod.host_network', event)).toBe('true')
    expect(fieldValue('ka.req.container.image', event)).toBeUndefined()
  })

  test('ephemeral containers, as they are added to a pod, by servers of any age', () => {
    const { ephemeralContainers } = podSpec
    const own = auditEvent({ requestObject: { kind: 'Pod', spec: { ...podSpec, containers: [] } } })
    const old = auditEvent({ requestObject: { kind: 'EphemeralContainers', ephemeralContainers } })
    for (const event of [own, old]) expect(fieldValue('ka.req.pod.ephemeralContainers.name', event)).toEqual(['debug'])
  })

  test('a binding', () => {
    const subjects = [
      { kind: 'User', name: 'alice' },
      { kind: 'Group', name: 'ops' },
      { kind: 'ServiceAccount', name: 'builder', namespace: 'ci' },
    ]
    const event = auditEvent({
      requestObject: { kind: 'ClusterRoleBinding', subjects, roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } },
    })
    expect(fieldValue('ka.req.binding.role', event)).toBe('cluster-admin')
    expect(fieldValue('ka.req.binding.subjects.user_names', event)).toEqual(['alice'])
    expect(fieldValue('ka.req.binding.subjects.group_names', event)).toEqual(['ops'])
    expect(fieldValue('ka.req.binding.subjects.serviceaccount_names', event)).toEqual(['builder'])
    expect(fieldValue('ka.req.binding.subjects.serviceaccount_ns_names', event)).toEqual(['ci:builder'])
    expect(fieldValue('ka.req.binding.subjects', event)).toEqual(subjects.map((subject) => JSON.stringify(subject)))
  })

  test('a role', () => {
    const rules = [
      { apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get', '*'] },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ]
    const event = auditEvent({ requestObject: { kind: 'ClusterRole', rules } })
    expect(fieldValue('ka.req.role.rules', event)).toEqual(rules.map((rule) => JSON.stringify(rule)))
    expect(fieldValue('ka.req.role.rules.verbs', event)).toEqual(['get', '*', 'get'])
    expect(fieldValue('ka.req.role.rules.verbs[1]', event)).toEqual(['get'])
    expect(fieldValue('ka.req.role.rules.apiGroups', event)).toEqual([''])
    expect(fieldValue('ka.req.role.rules.resources[0]', event)).toEqual(['pods', 'pods/exec'])
    expect(fieldValue('ka.req.role.rules.nonResourceURLs', event)).toEqual(['/metrics'])
  })

  test('a service and a config map', () => {
    const ports = [{ port: 80, nodePort: 30_080 }]
    const service = auditEvent({ requestObject: { kind: 'Service', spec: { type: 'NodePort', ports } } })
    expect(fieldValue('ka.req.service.type', service)).toBe('NodePort')
    expect(fieldValue('ka.req.service.ports', service)).toEqual([JSON.stringify(ports[0])])
    const requestObject = { kind: 'ConfigMap', data: { password: 'x' } }
    const map = auditEvent({ objectRef: { resource: 'configmaps', name: 'settings' }, requestObject })
    expect(fieldValue('ka.req.configmap.name', map)).toBe('settings')
    expect(fieldValue('ka.req.configmap.obj', map)).toBe(JSON.stringify(requestObject))
  })

  test('the name of a pod that the server chose', () => {
    const event = auditEvent({ objectRef: { resource: 'pods' }, responseObject: { metadata: { name: 'shop-7x' } } })
    expect(fieldValue('ka.target.pod.name', event)).toBe('shop-7x')
    expect(fieldValue('ka.target.name', event)).toBeUndefined()
  })

  test.each<[string, string, Value]>([
    ['/x?command=sh&command=-c', 'command', 'sh'],
    ['/x?command=ls%20-l+%2Fetc', 'command', 'ls -l /etc'],
    ['/x?a%5B%5D=1', 'a[]', '1'],
    ['/x?name=%C3%BC', 'name', 'Ã¼'],
    ['/x?broken=%zz', 'broken', '%zz'],
    ['/x?flag', 'flag', ''],
    ['/x', 'flag', undefined],
  ])('a parameter of %s', (requestURI, name, value) => {
    expect(fieldValue(`ka.uri.param[${name}]`, auditEvent({ requestURI }))).toEqual(value)
  })
})

describe('events that are not as they should be', () => {
  test.each(fields.filter(({ arg }) => arg?.required !== true).map(({ name }) => name))('%s of the wrong types', (name) => {
    const odd = ['text', 7, true, null, [], {}, [[1]], { name: {} }]
    for (const value of odd) {
      const spec = {
        containers: value,
        initContainers: [value],
        ephemeralContainers: [{ securityContext: value, image: value }],
        volumes: [value],
      }
      const wrong = [
        {
          user: value,
          objectRef: value,
          requestObject: value,
          responseObject: value,
          responseStatus: value,
          annotations: value,
          sourceIPs: value,
        },
        { requestObject: { spec: value, rules: value, subjects: value, roleRef: value } },
        { requestObject: { spec, rules: [value], subjects: [value] } },
        { requestObject: { spec: { template: { spec } } }, requestURI: value },
      ]
      for (const over of wrong) {
        const found = fieldValue(name, auditEvent(over))
        const texts = Array.isArray(found) ? found : [found ?? '']
        if (name !== 'json.rawtime') expect(texts.every((text) => typeof text === 'string')).toBe(true)
      }
    }
  })

  test('without an id, it is no audit event, but JSON', () => {
    const event = auditEvent({ auditID: undefined })
    expect(fieldValue('ka.verb', event)).toBeUndefined()
    expect(fieldValue('ka.target.resource', event)).toBeUndefined()
    expect(fieldValue('jevt.value[/verb]', event)).toBe('create')
  })

  test('a list takes a number', () => {
    expect(() => fieldValue('ka.sourceips[-1]', pods)).toThrow('ka.sourceips takes a number from 0, not -1')
  })
})
