import type { Container } from '../../event/container.ts'

const digits = 12
const idForm = /^(?:sha256:)?[0-9a-f]{12,64}$/

/** Splits `registry:5000/team/app:tag@sha256:digest`. */
export function splitImage(image: string): { repository: string; tag: string | undefined; digest: string | undefined } {
  const at = image.indexOf('@')
  const digest = at < 0 ? undefined : image.slice(at + 1)
  const name = at < 0 ? image : image.slice(0, at)
  const colon = name.lastIndexOf(':')
  if (colon < 0 || name.includes('/', colon)) return { repository: name, tag: digest === undefined ? 'latest' : undefined, digest }
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1), digest }
}

/** Sets what the name of an image tells. */
export function setImage(container: Container, image: string | undefined): void {
  if (image === undefined) return
  container.image = image
  const { repository, tag, digest } = splitImage(image)
  container.imageRepository = repository
  container.imageTag = tag
  container.imageDigest = digest ?? container.imageDigest
}

/** What is shown of an image's id. */
export function shortImageId(id: string | undefined): string | undefined {
  return id?.replace(/^sha256:/, '').slice(0, digits) || undefined
}

/** Whether an image was not named but given by its id. */
export function isImageId(image: string | undefined): boolean {
  return image !== undefined && idForm.test(image)
}

/**
 * What the names of its image tell of a container: the digest, and a name where the image was given by its id alone.
 * `names` are those with tags and those with digests.
 */
export function nameImage(container: Container, names: readonly string[]): void {
  const split = names.map((name) => ({ name, ...splitImage(name) }))
  if (isImageId(container.image)) setImage(container, split.find(({ digest }) => digest === undefined)?.name)
  const digests = split.filter(({ digest }) => digest !== undefined)
  const own = digests.find(({ repository }) => repository === container.imageRepository)
  container.imageDigest ??= (own ?? digests[0])?.digest
}
