import { base } from './base.ts'
import { kernel } from './kernel.ts'
import type { Metric } from './metric.ts'
import { own } from './own.ts'
import { plugins } from './plugins.ts'
import { programs } from './programs.ts'
import { resources } from './resources.ts'
import { rules } from './rules.ts'
import { state } from './state.ts'

/** All metrics, in the order in which Prometheus is shown them. */
export const metrics: readonly Metric[] = [...base, ...rules, ...resources, ...state, ...kernel, ...programs, ...plugins, ...own]
