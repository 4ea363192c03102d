import type { Mount } from '../../event/container.ts'
import { booleanOf, type Json, listOf, objectOf, textOf, textsOf } from './values.ts'

/** Mounts as Docker and Podman tell them. */
export function apiMounts(value: unknown): Mount[] {
  const list = Array.isArray(value) ? value : Object.values(objectOf(value))
  return list.map(objectOf).map((mount) => ({
    source: textOf(mount.Source) ?? '',
    dest: textOf(mount.Destination) ?? '',
    mode: textOf(mount.Mode ?? mount.Relabel) ?? '',
    isWritable: booleanOf(mount.RW) ?? true,
    propagation: textOf(mount.Propagation) ?? '',
  }))
}

/** Mounts of an OCI bundle; `propagation` is that of its root. */
export function bundleMounts(value: unknown, propagation: string): Mount[] {
  return listOf(value)
    .map(objectOf)
    .map((mount) => mountOf(mount, propagation))
}

/** Of these, what users have asked for: directories of the host, but not those that the runtime itself keeps for the container. */
export function userMounts(value: unknown): Mount[] {
  const isUsers = (mount: Json) => mount.type === 'bind' && !(textOf(mount.source) ?? '').includes('-containers/')
  return listOf(value)
    .map(objectOf)
    .filter(isUsers)
    .map((mount) => mountOf(mount, propagationIn(textsOf(mount.options))))
}

function mountOf(mount: Json, propagation: string): Mount {
  const options = textsOf(mount.options)
  return {
    source: textOf(mount.source) ?? '',
    dest: textOf(mount.destination) ?? '',
    mode: options.find((option) => option.startsWith('mode='))?.slice(5) ?? '',
    isWritable: !options.includes('ro'),
    propagation,
  }
}

function propagationIn(options: readonly string[]): string {
  return options.find((option) => /^r?(?:private|shared|slave|unbindable)$/.test(option)) ?? ''
}
