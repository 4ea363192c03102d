import { print } from '../base/print.ts'
import { configSchema } from '../config/schema.ts'
import { ruleSchema } from '../rule/schema.ts'
import type { EarlyAction } from './command.ts'

/** `--config-schema`. */
export const configSchemaAction: EarlyAction = {
  name: 'config-schema',
  isWanted: ({ args }) => args.configSchema,
  run: () => (print(`${JSON.stringify(configSchema(), undefined, 2)}\n`) ? 0 : 1),
}

/** `--rule-schema`. */
export const ruleSchemaAction: EarlyAction = {
  name: 'rule-schema',
  isWanted: ({ args }) => args.ruleSchema,
  run: () => (print(`${JSON.stringify(ruleSchema(), undefined, 2)}\n`) ? 0 : 1),
}
