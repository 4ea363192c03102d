import { createHash, timingSafeEqual } from 'node:crypto'

/** What a file's bytes are to hash to. */
export interface Checksum {
  readonly kind: 'sha256' | 'sha512' | 'sha1' | 'md5'
  readonly digest: Buffer
  /** Who says so. */
  readonly from: string
}

const sizes: Readonly<Record<Checksum['kind'], number>> = { sha256: 32, sha512: 64, sha1: 20, md5: 16 }

/** The checksums that the headers of an answer give for the whole file. */
export function checksumsIn(headers: Headers): readonly Checksum[] {
  return [
    ...hexHeader(headers, 'x-checksum-sha256', 'sha256'),
    ...hexHeader(headers, 'x-amz-meta-sha256', 'sha256'),
    ...listHeader(headers, 'repr-digest'),
    ...listHeader(headers, 'digest'),
    ...listHeader(headers, 'x-goog-hash'),
    ...base64(headers.get('content-md5') ?? '', 'md5', 'content-md5'),
  ]
}

/** The checksum in a file beside the one that it is of: `HEX`, or `HEX  NAME` as sha256sum(1) writes it. */
export function checksumIn(text: string, from: string): Checksum | undefined {
  const [, hex] = /^\\?([0-9a-f]{64})(?:\s|$)/i.exec(text) ?? []
  return hex === undefined ? undefined : { kind: 'sha256', digest: Buffer.from(hex, 'hex'), from }
}

/** The first checksum that does not hold, in words; undefined where all do. */
export function mismatch(bytes: Buffer, checksums: readonly Checksum[]): string | undefined {
  const wrong = checksums.find(({ kind, digest }) => !timingSafeEqual(createHash(kind).update(bytes).digest(), digest))
  return wrong === undefined ? undefined : `it is damaged: its ${wrong.kind} is not the one that ${wrong.from} gives`
}

function hexHeader(headers: Headers, name: string, kind: Checksum['kind']): readonly Checksum[] {
  const value = headers.get(name) ?? ''
  return /^[0-9a-f]+$/i.test(value) && value.length === sizes[kind] * 2 ? [{ kind, digest: Buffer.from(value, 'hex'), from: name }] : []
}

// `sha-256=:BASE64:` (RFC 9530), `sha-256=BASE64` (RFC 3230), `md5=BASE64` (Google).
function listHeader(headers: Headers, name: string): readonly Checksum[] {
  return (headers.get(name) ?? '').split(',').flatMap((entry) => {
    const [, algorithm = '', value = ''] = /^\s*([\w-]+)=:?([\w+/=-]+):?\s*$/.exec(entry) ?? []
    const kind = algorithm.toLowerCase().replace('-', '')
    return isKind(kind) ? base64(value, kind, name) : []
  })
}

function isKind(kind: string): kind is Checksum['kind'] {
  return Object.hasOwn(sizes, kind)
}

function base64(value: string, kind: Checksum['kind'], from: string): readonly Checksum[] {
  const digest = Buffer.from(value, 'base64')
  return digest.length === sizes[kind] ? [{ kind, digest, from }] : []
}
