import { toByteString, toUnicode } from '../../base/text.ts'
import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { type Bucket, readBolt } from './bolt.ts'
import { parseBundle } from './bundle_json.ts'
import { setImage } from './image_name.ts'
import { inPod, type PodSandbox, parseSandbox } from './pod_json.ts'
import { Message } from './protobuf.ts'
import { objectOf, parse } from './values.ts'

// containerd keeps containers, images and pods by namespace below one bucket (containerd, metadata/buckets.go).
const schema = 'v1'
// Docker's, of which it knows no images.
const dockerSpace = 'moby'
const sandboxNote = 'io.cri-containerd.sandbox.metadata'
// The value of google.protobuf.Any.
const anyValue = 2
const namespacedId = /(?:^|\/)([^/]+)\/([^/]+)$/
const mostSearched = 500

/** A container as containerd's database tells it, in any of its namespaces; undefined where it does not know it. */
export function readContainerd(database: string, fullId: string, type: string): Container | undefined {
  return readBolt(database, (root) => {
    const spaces = root.bucket(schema)
    for (const name of spaces?.bucketKeys() ?? []) {
      if (name === dockerSpace) continue
      const space = spaces?.bucket(name)
      const found = space?.bucket('containers', fullId)
      if (space !== undefined && found !== undefined) return describe(space, found, fullId, type)
    }
    return undefined
  })
}

/** The id of the container that runs in this cgroup, wherever its user has put that. */
export function containerAt(database: string, cgroup: string): string | undefined {
  return readBolt(database, (root) => {
    const spaces = root.bucket(schema)
    const [, space = '', id = ''] = namespacedId.exec(cgroup) ?? []
    if (space !== dockerSpace && spaces?.bucket(space, 'containers', id) !== undefined) return id
    let left = mostSearched
    for (const name of spaces?.bucketKeys() ?? []) {
      const containers = name === dockerSpace ? undefined : spaces?.bucket(name, 'containers')
      for (const each of containers?.bucketKeys() ?? []) {
        if (left-- <= 0) return undefined
        const spec = objectOf(parse(specOf(containers?.bucket(each))))
        if (objectOf(spec.linux).cgroupsPath === toUnicode(cgroup)) return each
      }
    }
    return undefined
  })
}

function specOf(container: Bucket | undefined): string | undefined {
  const spec = messageIn(container?.value('spec'))?.text(anyValue)
  return spec === undefined ? undefined : toUnicode(spec)
}

function describe(space: Bucket, found: Bucket, fullId: string, type: string): Container {
  const spec = specOf(found)
  const container = spec === undefined ? emptyContainer(fullId, type) : parseBundle(fullId, type, parse(spec))
  const told = found.bucket('labels')?.texts() ?? new Map<string, string>()
  const labels = new Map([...told].map(([key, text]) => [toByteString(key), toByteString(text)]))
  container.name = labels.get('nerdctl/name') ?? container.name ?? fullId
  const image = found.text('image')
  if (container.image === undefined) setImage(container, image && toByteString(image))
  container.imageDigest ??= imageDigest(space, image) ?? imageDigest(space, container.image)
  const named = { ...container, labels: new Map([...container.labels, ...labels]) }
  const { sandboxId } = container
  return sandboxId === undefined ? named : inPod(named, sandboxId, podOf(space, sandboxId))
}

function imageDigest(space: Bucket, image: string | undefined): string | undefined {
  return image === undefined ? undefined : space.bucket('images', image, 'target')?.text('digest')
}

function podOf(space: Bucket, sandboxId: string): PodSandbox | undefined {
  const sandbox = space.bucket('containers', sandboxId) ?? space.bucket('sandboxes', sandboxId)
  const note = messageIn(sandbox?.bucket('extensions')?.value(sandboxNote) ?? sandbox?.bucket('extensions')?.value('metadata'))
  const json = note?.text(anyValue)
  return json === undefined ? undefined : parseSandbox(toUnicode(json))
}

function messageIn(value: Buffer | undefined): Message | undefined {
  return value && new Message(value)
}
