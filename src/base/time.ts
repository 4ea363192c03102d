const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Local time as C's ctime writes it: `Sat Nov  1 10:00:00 2026`. */
export function ctime(date: Date): string {
  const day = String(date.getDate()).padStart(2)
  return `${days[date.getDay()]} ${months[date.getMonth()]} ${day} ${clock(date)} ${date.getFullYear()}`
}

/** Local time to the second with the zone's offset: `2026-11-21T10:00:00+0100`. */
export function isoSeconds(date: Date): string {
  return `${isoDate(date)}T${clock(date)}${zoneOffset(date)}`
}

/** `HH:MM:SS`, local time. */
export function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `YYYY-MM-DD`, local time. */
export function isoDate(date: Date): string {
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** `+0100`: how far local time is ahead of UTC. */
export function zoneOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
