/** How many pairs of a condition and an event a differential test tries: few beside the other tests, `EYAS_PAIRS` for a long run. */
export function wantedPairs(): number {
  return Number(process.env.EYAS_PAIRS ?? 100_000)
}
