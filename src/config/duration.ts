const units = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const pattern = new RegExp(`^${units.map(([unit]) => `(?:(\\d{1,9})${unit === 'm' ? 'm(?!s)' : unit})?`).join('')}$`)

/** A duration as Prometheus writes it, such as `1h30m` or `2h 5m`, in ms; undefined where the text is none. */
export function durationMs(text: string): number | undefined {
  const match = pattern.exec(text.replace(/\s+/g, ''))
  if (!match || match[0] === '') return undefined
  return units.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0)
}

/** The same, where a number alone counts ms. */
export function plainDurationMs(text: string): number | undefined {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : durationMs(text)
}
