import { metricsOf, type RuleCount, type Sample } from './metric.ts'
import { word } from './shared/word.ts'

/** Alerts of each rule. */
export const rules = metricsOf('rules', [
  {
    field: 'falco.rules.matches_total',
    type: 'counter',
    help: 'Alerts of all rules.',
    get: (facts) => facts.rules.reduce((sum, { count }) => sum + count, 0),
  },
  {
    field: 'falco.rules.*',
    type: 'counter',
    help: 'Alerts of a rule.',
    get: (facts) => facts.rules.map(({ name, count }) => ({ key: word(name), value: count })),
  },
  {
    name: 'falcosecurity_falco_rules_matches_total',
    type: 'counter',
    help: 'Alerts of a rule.',
    get: (facts) => facts.rules.filter(({ count }) => facts.hasEmpty || count > 0).map(labelled),
  },
])

function labelled({ name, priority, source, tags, count }: RuleCount): Sample {
  const tagLabels = Object.fromEntries(tags.map((tag) => [`tag_${word(tag)}`, 'true']))
  return { labels: { priority: String(priority), rule_name: name, source, ...tagLabels }, value: count }
}
