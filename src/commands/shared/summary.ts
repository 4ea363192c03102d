import { grouped } from '../../base/grouped.ts'
import type { CaptureStats } from '../../capture/capture.ts'
import type { Alert } from '../../engine/alert.ts'
import { kindName } from '../../schema/event.ts'

const severities = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const

/** Counts alerts by severity and by rule, and says so at the end in the words that scripts know from Falco. */
export class AlertCounts {
  /** Alerts so far. */
  total = 0
  private readonly bySeverity = new Map<number, number>()
  private readonly byRule = new Map<string, number>()

  add(alert: Alert): void {
    this.total++
    this.bySeverity.set(alert.priority, (this.bySeverity.get(alert.priority) ?? 0) + 1)
    this.byRule.set(alert.rule, (this.byRule.get(alert.rule) ?? 0) + 1)
  }

  /** Alerts of a rule so far. */
  of(rule: string): number {
    return this.byRule.get(rule) ?? 0
  }

  format(): string {
    const severityLines = [...this.bySeverity].sort(([a], [b]) => a - b).map(([level, count]) => `   ${severities[level]}: ${count}`)
    const ruleLines = [...this.byRule].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rule, count]) => `   ${rule}: ${count}`)
    return [
      `Events detected: ${this.total}`,
      'Rule counts by severity:',
      ...severityLines,
      'Triggered rules by rule name:',
      ...ruleLines,
      '',
    ].join('\n')
  }
}

/** Events by type: how many the kernel side saw, and how many of them reached us or found no room. They always add up. */
export function formatCaptureStats(stats: CaptureStats): string {
  const rows = [...stats.byType]
    .sort(([, a], [, b]) => b.seen - a.seen)
    .map(([code, { seen, dropped }]) => `   ${kindName(code).padEnd(18)} ${grouped(seen - dropped)} captured, ${grouped(dropped)} dropped`)
  const { seen, dropped } = stats
  return [`Events: ${grouped(seen)} seen, ${grouped(seen - dropped)} captured, ${grouped(dropped)} dropped`, ...rows, ''].join('\n')
}

export function formatDrops(occurrences: number, actionsTaken: number): string {
  const lines = [
    'Syscall event drop monitoring:',
    `   - event drop detected: ${occurrences} occurrences`,
    `   - num times actions taken: ${actionsTaken}`,
  ]
  return `${lines.join('\n')}\n`
}
