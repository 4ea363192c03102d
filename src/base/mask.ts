// What gives access, in the places where it stands: with each, the part before it that is kept.
const secrets: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // https://user:password@host
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@'"]+@/gi, '$1***@'],
  [/([?&](?:[a-z]*token|api_?key|key|secret|password|passwd|pwd|sig|signature|auth)=)[^&\s'"]+/gi, '$1***'],
  // Addresses of chats that whoever knows them may write to.
  [/(\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s'"]+/gi, '$1***'],
  [/(\bdiscord(?:app)?\.com\/api\/webhooks\/)[^\s'"]+/gi, '$1***'],
  [/(\bapi\.telegram\.org\/bot)[^\s/'"]+/gi, '$1***'],
  [/(\bwebhook\.office\.com\/webhookb?2?\/)[^\s'"]+/gi, '$1***'],
  [/(\b(?:Bearer|Basic) )[A-Za-z0-9._~+/=-]{6,}/g, '$1***'],
  [/(\b(?:password|passwd|secret|api_?key|access_?key|[a-z_]*token)\b\\?["']?\s*[=:]\s*\\?(["']))(?:(?!\2)[^\\])+/gi, '$1***'],
  [/(\b(?:password|passwd|secret|api_?key|access_?key|[a-z_]*token)\s*=\s*)[^\s'",;&}\\]{4,}/gi, '$1***'],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END|$)/g, '$1 *** $2'],
]

// Most lines have none of these, so that nothing else is looked for.
const perhaps = /@|token|key|secret|passw|pwd|sig|auth|hooks|webhook|telegram|Bearer|Basic/i

/** `text` without passwords, tokens and the like, as far as they can be told: for logs that others read. */
export function maskSecrets(text: string): string {
  if (!perhaps.test(text)) return text
  let masked = text
  for (const [pattern, replacement] of secrets) masked = masked.replace(pattern, replacement)
  return masked
}
