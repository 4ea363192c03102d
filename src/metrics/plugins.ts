import { metricsOf } from './metric.ts'

/** What plugins count. */
export const plugins = metricsOf('plugins', [
  {
    field: 'plugins.*',
    name: 'falcosecurity_plugins_*_total',
    type: 'counter',
    help: 'What a plugin counts, by the name of the plugin and its own.',
    get: (facts) => facts.flatMap(({ name, counts }) => Object.entries(counts).map(([key, value]) => ({ key: `${name}.${key}`, value }))),
  },
])
