/** `count` in `ms`, a second, with one decimal; 0 where no time has passed. */
export function rate(count: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round((count * 10_000) / ms) / 10
}
