import type { Host } from './host.ts'

/** What the name of a prebuilt module says of the machine that it is for. */
export interface Target {
  /** The distribution, and its flavour where it has several kernels. */
  readonly id: string
  readonly release: string
  readonly version: string
  /** Why there can be no module of this target, or none that works; undefined where nothing is known to be in the way. */
  readonly veto?: string
}

/** How a distribution's files are named, where that is not by its id, `uname -r`, and the number of the build in `uname -v`. */
interface Naming {
  readonly id?: (host: Host) => string
  readonly release?: (host: Host) => string
  readonly version?: (host: Host) => string
  readonly veto?: (host: Host) => string | undefined
}

const unknownId = 'undetermined'

/** The target of a machine. */
export function targetOf(host: Host): Target {
  const id = isMinikube(host) ? 'minikube' : host.os.id
  const naming = Object.hasOwn(namings, id) ? namings[id] : undefined
  const veto = naming?.veto?.(host)
  return {
    id: naming?.id?.(host) ?? (id || unknownId),
    release: naming?.release?.(host) ?? host.release,
    version: naming?.version?.(host) ?? buildNumber(host),
    ...(veto !== undefined && { veto }),
  }
}

/** Whether anybody builds modules for a target. */
export function isKnown({ id }: Target): boolean {
  return id !== unknownId
}

const namings: Readonly<Record<string, Naming>> = {
  amzn: { id: ({ os }) => (amazonVersions.has(os.versionId) ? `amazonlinux${os.versionId}` : 'amazonlinux') },
  ubuntu: { id: ubuntuFlavour, version: ubuntuVersion },
  debian: { release: debianRelease },
  flatcar: { release: ({ os, release }) => os.versionId || release },
  minikube: { version: ({ os }) => `1_${firstVersion(os.minikube)}` },
  talos: { version: ({ os }) => `1_${os.versionId}` },
  bottlerocket: { version: ({ os }) => `1_${[os.versionId, os.variantId.split('-')[0]].filter(Boolean).join('-')}` },
  cos: { veto: () => 'Container-Optimized OS loads no modules but its own: use modern_ebpf' },
  ol: { veto: ({ release }) => (/uek/i.test(release) ? "Oracle's UEK kernels do not take the module: use modern_ebpf" : undefined) },
}

const amazonVersions: ReadonlySet<string> = new Set(['2', '2022', '2023'])

// `#1 SMP ...` is 1.
function buildNumber({ version }: Host): string {
  return /#(\d+)/.exec(version)?.[1] ?? version.split(/\s/)[0] ?? ''
}

// The last word of 5.15.0-1009-aws, which older releases follow by the version of the series (5.0.0-1028-aws-5.0).
function ubuntuFlavour({ release }: Host): string {
  const flavour = /-([a-z]+)(-[^-]*)*$/i.exec(release.replace(/^[^-]*-/, '-'))?.[1]
  return `ubuntu-${flavour?.toLowerCase() ?? 'generic'}`
}

// `#26~22.04.1-Ubuntu SMP ...` is 26~22.04.1.
function ubuntuVersion(host: Host): string {
  return /^#(\S+?)-Ubuntu\b/.exec(host.version)?.[1] ?? buildNumber(host)
}

// The release names the ABI (6.1.0-10-cloud-amd64), the version the kernel that it is (Debian 6.1.38-2): 6.1.38-2-cloud-amd64.
function debianRelease({ release, version }: Host): string {
  const kernel = /\b\d+\.\d+\.\d+-\d+\b/.exec(version)?.[0]
  const flavour = /-((?:rt-|cloud-)?(?:amd64|arm64))$/.exec(release)?.[1]
  if (kernel === undefined) return release
  return flavour === undefined ? kernel : `${kernel}-${flavour}`
}

function isMinikube({ os }: Host): boolean {
  return firstVersion(os.minikube) !== ''
}

function firstVersion(text: string): string {
  return /\d+(?:\.\d+){2}/.exec(text)?.[0] ?? ''
}
