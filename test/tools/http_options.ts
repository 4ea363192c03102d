import type { HttpOptions } from '../../src/outputs/http.ts'

/** An HTTP output without TLS, compression and connections that stay open; a test says what is different, the URL at least. */
export const plainHttp: HttpOptions = {
  url: '',
  isJson: true,
  userAgent: 'test',
  insecure: false,
  echo: false,
  caCert: '',
  caBundle: '',
  caPath: '/nowhere',
  client: undefined,
  compress: false,
  keepAlive: false,
  maxConsecutiveTimeouts: 0,
  timeoutMs: 5000,
}
