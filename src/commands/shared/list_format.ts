import { Fault } from '../../base/fault.ts'
import { print } from '../../base/print.ts'
import { type Args, flagNamed } from '../flags.ts'

const formats = flagNamed('format').values
export type ListFormat = (typeof formats)[number]

/**
 * The layout that `--format`, or the older `--markdown`, asks for.
 *
 * @throws Fault `flag-invalid` for another layout, or for both flags.
 */
export function listFormat({ format, markdown }: Pick<Args, 'format' | 'markdown'>): ListFormat {
  if (markdown && format !== undefined)
    throw new Fault('flag-invalid', 'Cannot specify both --markdown and --format options together', { hint: 'keep --format' })
  if (markdown) print('WARNING: --markdown is deprecated, use --format markdown instead.\n', 2)
  const wanted = markdown ? 'markdown' : (format ?? 'text')
  const found = formats.find((each) => each === wanted)
  if (found) return found
  throw new Fault('flag-invalid', `Invalid format '${wanted}'`, { hint: `choose one of ${formats.join(', ')}` })
}
