/** `major.minor.patch`. */
export type Version = readonly [major: number, minor: number, patch: number]

export function parseVersion(text: string): Version | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text.trim())
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined
}

export function formatVersion(version: Version): string {
  return version.join('.')
}

/** Whether what is there does for what is asked: the same major, and not older. */
export function isCompatible(there: Version, asked: Version): boolean {
  return there[0] === asked[0] && compareVersions(there, asked) >= 0
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}
