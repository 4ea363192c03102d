// How the text of a scalar becomes a value: as yaml-cpp reads it, which existing files rely on.

const yes = /^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/
const no = /^(n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/

export function toBoolean(text: string): boolean | undefined {
  return yes.test(text) ? true : no.test(text) ? false : undefined
}

export function toInteger(text: string): number | undefined {
  const trimmed = text.trim()
  const octal = /^([-+]?)0([0-7]+)$/.exec(trimmed)
  if (octal) return Number(`${octal[1] === '-' ? '-' : ''}${Number.parseInt(octal[2] ?? '0', 8)}`)
  if (!/^[-+]?(0[xX][0-9a-fA-F]+|\d+)$/.test(trimmed)) return undefined
  const value = trimmed.startsWith('-') ? -Number(trimmed.slice(1)) : Number(trimmed.replace(/^\+/, ''))
  return Number.isSafeInteger(value) ? value : undefined
}

export function toNumber(text: string): number | undefined {
  const trimmed = text.trim()
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(trimmed) ? Number(trimmed) : toInteger(trimmed)
}
