import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { binary, root } from './tools/agent.ts'

// What containers are made of: the Dockerfile, and the manifests of docs/deploy.

const folder = join(root, 'docs/deploy')

type Node = Readonly<Record<string, unknown>> & {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

function documents(file: string): Node[] {
  return parseAllDocuments(readFileSync(join(folder, file), 'utf8'), { uniqueKeys: true }).map((document) => {
    expect([file, document.errors, document.warnings]).toEqual([file, [], []])
    return document.toJS()
  })
}

interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly securityContext: Readonly<Record<string, unknown>> & {
    readonly capabilities: { readonly drop: string[]; readonly add: string[] }
  }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Kustomization {
  readonly namespace: string
  readonly resources: readonly string[]
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[]
  readonly images: readonly { readonly name: string; readonly newTag: string }[]
}

const kustomization = documents('kustomization.yaml')[0] as unknown as Kustomization
const [daemonSet] = documents('daemonset.yaml') as [
  Node & { spec: { template: { spec: PodSpec; metadata: { labels: object } }; selector: { matchLabels: object } } },
]

interface PodSpec {
  readonly hostPID: boolean
  readonly serviceAccountName: string
  readonly containers: readonly [Container]
  readonly volumes: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly hostPath?: { readonly path: string }
  }[]
}

const pod = daemonSet.spec.template.spec
const [container] = pod.containers
const config = documents('falco.yaml')[0] as unknown as { readonly webserver: Readonly<Record<string, unknown>> }

describe('the kustomization', () => {
  test('names every file that is there, and none that is not', () => {
    const named = ['kustomization.yaml', ...kustomization.resources, ...kustomization.configMapGenerator.flatMap(({ files }) => files)]
    expect(named.sort()).toEqual(readdirSync(folder).sort())
  })

  test('has one namespace for all', () => {
    for (const file of kustomization.resources) {
      for (const { kind, metadata } of documents(file)) {
        if (kind === 'Namespace') expect(metadata.name).toBe(kustomization.namespace)
        else expect(metadata.namespace).toBe(kustomization.namespace)
      }
    }
  })

  test('has the image that the pods use, in the version of this program', () => {
    expect(kustomization.images.map(({ name }) => name)).toEqual([container.image])
    expect(kustomization.images[0]?.newTag).toBe(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version)
  })
})

describe('the DaemonSet', () => {
  test('finds its own pods', () => {
    expect(daemonSet.spec.template.metadata.labels).toEqual(daemonSet.spec.selector.matchLabels)
    expect(documents('serviceaccount.yaml').map(({ metadata }) => metadata.name)).toEqual([pod.serviceAccountName])
  })

  test('mounts volumes that there are, all of them, the ones of the host where HOST_ROOT says, to be read only', () => {
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(pod.volumes.map(({ name }) => name).sort())
    const hostRoot = container.env.find(({ name }) => name === 'HOST_ROOT')?.value ?? ''
    for (const { name, hostPath, configMap } of pod.volumes) {
      const mount = container.volumeMounts.find((each) => each.name === name)
      if (configMap) expect(kustomization.configMapGenerator.map((each) => each.name)).toContain(configMap.name)
      if (!hostPath || name === 'spool') continue
      expect(mount).toEqual({ name, mountPath: `${hostRoot}${hostPath.path}`, readOnly: true })
    }
  })

  test('has few rights', () => {
    const { capabilities, ...rest } = container.securityContext
    expect(capabilities.drop).toEqual(['ALL'])
    expect(rest).toMatchObject({ privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true })
    const [, names = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(join(root, 'packaging/eyas.service'), 'utf8')) ?? []
    expect(capabilities.add.map((name) => `CAP_${name}`).sort()).toEqual(names.split(' ').sort())
    expect(pod.hostPID).toBe(true)
  })

  test('asks for health where the configuration serves it', () => {
    const port = container.ports.find(({ name }) => name === container.livenessProbe.httpGet.port)?.containerPort
    expect(config.webserver).toMatchObject({ enabled: true, listen_address: '0.0.0.0', listen_port: port })
    expect(container.readinessProbe.httpGet.path).toBe('/healthz')
    expect(container.livenessProbe.httpGet.path).toBe('/healthz?only=capture&only=engine')
  })
})

describe.skipIf(!existsSync(binary))('the configuration of the pods', () => {
  test('is one without mistakes', () => {
    const { exitCode, stderr } = Bun.spawnSync([binary, '-c', join(folder, 'falco.yaml'), '-V', join(folder, 'falco_rules.local.yaml')])
    expect(stderr.toString()).toContain('falco.yaml | schema validation: ok')
    expect(stderr.toString()).not.toContain('Not yet in effect')
    expect(exitCode).toBe(0)
  })
})

describe('the Dockerfile', () => {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const all = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  test('has instructions that there are', () => {
    for (const line of lines) expect(line).toMatch(/^(FROM|RUN|COPY|WORKDIR|ENV|ENTRYPOINT|LABEL|VOLUME) \S/)
    expect(lines[0]).toStartWith('FROM ')
  })

  test('ends in an image of nothing but the program, which is what runs', () => {
    expect(all('FROM').at(-1)).toBe('scratch')
    expect(JSON.parse(all('ENTRYPOINT').at(-1) ?? '')).toEqual(['/usr/bin/eyas'])
    const stages = all('FROM').flatMap((from) => / AS (\w+)$/.exec(from)?.[1] ?? [])
    for (const copy of lines.slice(lines.indexOf('FROM scratch')).filter((line) => line.startsWith('COPY ')))
      expect(stages).toContain(/--from=(\w+)/.exec(copy)?.[1] ?? '')
  })

  test('finds the host where the manifests mount it', () => {
    expect(all('ENV')).toContain(`HOST_ROOT=${container.env.find(({ name }) => name === 'HOST_ROOT')?.value}`)
  })
})
