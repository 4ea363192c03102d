import type { Container } from '../../event/container.ts'
import { parseBundle } from './bundle_json.ts'
import { healthcheckOf } from './docker_json.ts'
import { setImage, shortImageId } from './image_name.ts'
import { userMounts } from './mounts.ts'
import { booleanOf, labelsOf, listOf, objectOf, parse, shownText, textsOf, timeOf } from './values.ts'

/** A container as Podman's bundle for it tells it. */
export function parsePodmanBundle(fullId: string, bundle: unknown): Container {
  const container = parseBundle(fullId, 'podman', bundle)
  return { ...container, mounts: userMounts(objectOf(bundle).mounts) }
}

/** A container as Podman's list (`containers.json`) tells it, with its bundle; undefined where the list does not have it. */
export function parsePodman(fullId: string, list: string, bundle: unknown): Container | undefined {
  const found = listOf(parse(list))
    .map(objectOf)
    .find(({ id }) => id === fullId)
  if (found === undefined) return undefined
  const told = objectOf(parse(typeof found.metadata === 'string' ? found.metadata : ''))
  const container = parsePodmanBundle(fullId, bundle)
  container.name = shownText(told.name) ?? textsOf(found.names)[0]
  setImage(container, shownText(told['image-name']))
  container.imageId = shortImageId(shownText(told['image-id'] ?? found.image))
  return container
}

/** Takes in what Podman's database tells of a container beyond that. */
export function describePodman(container: Container, config: unknown, state: unknown): Container {
  const { name, labels, healthcheck, privileged, createdTime, rootfsImageName, rootfsImageID, spec } = objectOf(config)
  container.name ??= shownText(name)
  if (container.image === undefined) setImage(container, shownText(rootfsImageName))
  container.imageId ??= shortImageId(shownText(rootfsImageID))
  container.healthcheck = healthcheckOf(objectOf(healthcheck).Test)
  container.isPrivileged = booleanOf(privileged) ?? container.isPrivileged
  container.startTs = timeOf(objectOf(state).startedTime) ?? timeOf(createdTime)
  container.ip = podmanAddress(state)
  if (container.env.length === 0) container.env = textsOf(objectOf(objectOf(spec).process).env)
  return { ...container, labels: new Map([...container.labels, ...labelsOf(labels)]) }
}

/** The first address that Podman's notes of a container's state tell. */
function podmanAddress(state: unknown): string | undefined {
  const { networkStatus } = objectOf(state)
  for (const network of Object.values(objectOf(networkStatus)).map(objectOf)) {
    for (const each of Object.values(objectOf(network.interfaces)).map(objectOf)) {
      const net = listOf(each.subnets)
        .map(objectOf)
        .flatMap(({ ipnet }) => shownText(ipnet) ?? [])[0]
      if (net !== undefined) return net.replace(/\/.*/, '')
    }
  }
  return undefined
}

/** Names of an image in Podman's list of images (`images.json`), with its digest. */
export function parseImageList(list: unknown, imageId: string): string[] {
  const found = listOf(list)
    .map(objectOf)
    .find(({ id }) => typeof id === 'string' && id.startsWith(imageId))
  const names = textsOf(found?.names)
  const digest = shownText(found?.digest)
  if (digest === undefined) return names
  const bare = names.filter((name) => !name.includes('@'))
  return [...names, ...bare.map((name) => `${name.replace(/:[^:/]*$/, '')}@${digest}`)]
}
