import type { Container } from '../../event/container.ts'
import { emptyContainer } from '../containers.ts'
import { setImage, shortImageId } from './image_name.ts'
import { apiMounts } from './mounts.ts'
import { booleanOf, type Json, labelsOf, objectOf, shownText, textOf, textsOf, timeOf } from './values.ts'

/** A container as Docker's config.v2.json and hostconfig.json tell it, or (in one) the answer of its API. */
export function parseDocker(fullId: string, config: unknown, hostConfig: unknown): Container {
  const top = objectOf(config)
  const inner = objectOf(top.Config)
  const host = objectOf(hostConfig ?? top.HostConfig)
  const container = emptyContainer(fullId, 'docker')
  container.name = textOf(top.Name)?.replace(/^\//, '')
  container.imageId = shortImageId(textOf(top.Image))
  setImage(container, textOf(inner.Image))
  container.isPrivileged = booleanOf(host.Privileged)
  container.startTs = timeOf(objectOf(top.State).StartedAt) ?? timeOf(top.Created)
  container.ip = ipOf(objectOf(top.NetworkSettings))
  container.awaitsAddress = container.ip === undefined && hasAddress(host.NetworkMode)
  container.isHostPid = isHost(host.PidMode)
  container.isHostNetwork = isHost(host.NetworkMode)
  container.isHostIpc = isHost(host.IpcMode)
  container.healthcheck = healthcheckOf(objectOf(inner.Healthcheck).Test)
  container.env = textsOf(inner.Env)
  return { ...container, labels: labelsOf(inner.Labels), mounts: apiMounts(top.Mounts ?? top.MountPoints) }
}

/** What an image is called, as the API tells it. */
export function parseImageNames(answer: unknown): string[] {
  const { RepoTags, RepoDigests } = objectOf(answer)
  return [...textsOf(RepoTags), ...textsOf(RepoDigests)]
}

/** The same from `repositories.json`: names of tags and of digests, by repository. */
export function parseRepositories(list: unknown, imageId: string): string[] {
  const repositories = Object.values(objectOf(objectOf(list).Repositories)).map(objectOf)
  return repositories.flatMap((names) => Object.entries(names).flatMap(([name, id]) => (id === imageId ? [textOf(name) ?? ''] : [])))
}

/** A health check as Docker and Podman note it: CMD and words, or CMD-SHELL and a line for the shell. */
export function healthcheckOf(test: unknown): string | undefined {
  const [kind, ...words] = textsOf(test)
  if (kind === 'CMD') return words.join(' ')
  if (kind === 'CMD-SHELL') return `/bin/sh -c ${words.join(' ')}`
  return kind === 'NONE' ? 'NONE' : undefined
}

function isHost(mode: unknown): boolean | undefined {
  return typeof mode === 'string' ? mode === 'host' : undefined
}

// `container:ID` shares that of another.
function hasAddress(mode: unknown): boolean {
  return typeof mode === 'string' && mode !== 'none' && mode !== 'host' && !mode.startsWith('container:')
}

function ipOf(settings: Json): string | undefined {
  const networks = Object.values(objectOf(settings.Networks)).map(objectOf)
  const all = [settings, ...networks].flatMap(({ IPAddress }) => shownText(IPAddress) ?? [])
  return all[0] ?? [settings, ...networks].flatMap(({ GlobalIPv6Address }) => shownText(GlobalIPv6Address) ?? [])[0]
}
