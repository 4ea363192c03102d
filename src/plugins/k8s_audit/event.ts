import { nanosecondsOf, parseRfc3339, type Timestamp } from '../../base/rfc3339.ts'
import { padNanos } from '../../base/timestamp.ts'
import type { DocumentEvent } from '../plugin.ts'
import type { Json } from '../shared/json.ts'
import { type AuditDocument, type PodSpec, podOf } from './document.ts'
import { kindOf } from './kinds.ts'

/** One audit event of a body, before it is looked at. */
export interface AuditItem {
  readonly document: AuditDocument
  readonly time: Timestamp
  readonly source: ExactSource
  readonly index: number
}

/** What documents were read from, and can be read from again with numbers as they were written. */
export interface ExactSource {
  exact(index: number): Json
}

/** An audit event: a view that is moved from one document to the next, as rules and outputs are done with it at once. */
export class AuditEvent implements DocumentEvent {
  num = 0
  /** What rules are indexed by (`kinds.ts`). */
  kind = 0
  /** The document, if it has an id: without one it is no audit event, and no field `ka.*` has a value. */
  audit: AuditDocument | undefined = undefined
  private item: AuditItem | undefined = undefined
  private time: Timestamp = epoch
  private previous: Timestamp = epoch
  private first: Timestamp = epoch
  private podKnown = false
  private pod: PodSpec | undefined = undefined

  moveTo(item: AuditItem): void {
    const { document } = item
    this.num++
    this.previous = this.num === 1 ? item.time : this.time
    if (this.num === 1) this.first = item.time
    this.time = item.time
    this.item = item
    this.podKnown = false
    const isAudit = document.auditID !== undefined && document.auditID !== null
    this.audit = isAudit ? document : undefined
    this.kind = isAudit ? kindOf(document.objectRef?.resource, document.verb) : 0
  }

  get document(): Json {
    return (this.item?.document ?? null) as Json
  }

  exactDocument(): Json {
    return this.item?.source.exact(this.item.index) ?? null
  }

  get ts(): bigint {
    return nanosecondsOf(this.time)
  }

  get rawTime(): string {
    const { seconds, nanos } = this.time
    return seconds > 0 ? `${seconds}${padNanos(nanos)}` : String(this.ts)
  }

  get previousTs(): bigint {
    return nanosecondsOf(this.previous)
  }

  get firstTs(): bigint {
    return nanosecondsOf(this.first)
  }

  /** The pod, or the template of pods, that the request is about. */
  get podSpec(): PodSpec | undefined {
    if (!this.podKnown) {
      this.pod = podOf(this.audit?.requestObject)
      this.podKnown = true
    }
    return this.pod
  }
}

const epoch: Timestamp = { seconds: 0, nanos: 0 }

/** When the event happened: at its stage, or what older versions and other senders have instead. */
export function timeOf({ stageTimestamp, requestReceivedTimestamp, timestamp }: AuditDocument): Timestamp | undefined {
  const text = stageTimestamp ?? requestReceivedTimestamp ?? timestamp
  return typeof text === 'string' ? parseRfc3339(text) : undefined
}
