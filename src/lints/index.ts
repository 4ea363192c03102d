import { contradiction } from './contradiction.ts'
import { exceptionHidesAll } from './exception_hides_all.ts'
import type { Lint } from './lint.ts'
import { neverMatches } from './never_matches.ts'
import { overrideUnused } from './override_unused.ts'
import { redefined } from './redefined.ts'
import { shadowed } from './shadowed.ts'
import { slowOperator } from './slow_operator.ts'

/** All lints, in the order in which they are listed. */
export const lints: readonly Lint[] = [neverMatches, contradiction, shadowed, exceptionHidesAll, overrideUnused, redefined, slowOperator]
