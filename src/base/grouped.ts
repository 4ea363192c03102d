/** A whole number with a comma between thousands: `1,234,567`. The runtime's own way loads the data of all languages first. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
