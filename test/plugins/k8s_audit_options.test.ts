import { describe, expect, test } from 'bun:test'
import { type AuditInput, parseOpenParams, parseOptions } from '../../src/plugins/k8s_audit/options.ts'

describe('open_params', () => {
  const webhook = { kind: 'webhook', isTls: false, hostname: '0.0.0.0', port: 9765, path: '/k8s-audit' } as const
  test.each<[string, AuditInput]>([
    ['', webhook],
    ['http://:9765/k8s-audit', webhook],
    ['http://127.0.0.1:9765/k8s-audit', { ...webhook, hostname: '127.0.0.1' }],
    ['https://:9765/k8s-audit', { ...webhook, isTls: true }],
    ['https://[::1]:443/', { kind: 'webhook', isTls: true, hostname: '::1', port: 443, path: '/' }],
    ['http://audit.example/k', { kind: 'webhook', isTls: false, hostname: 'audit.example', port: 80, path: '/k' }],
    ['file:///var/log/audit.log', { kind: 'log', path: '/var/log/audit.log' }],
    ['/var/log/old', { kind: 'files', path: '/var/log/old' }],
    ['events.json', { kind: 'files', path: 'events.json' }],
  ])("'%s'", (params, input) => {
    expect(parseOpenParams(params)).toEqual(input)
  })

  test.each([
    ['ftp://x', "open_params of k8saudit: k8saudit does not know 'ftp'"],
    ['file://', 'open_params of k8saudit: the path is missing'],
    ['http://:99999/x', "open_params of k8saudit: 'http://:99999/x' is no address to listen on"],
  ])("'%s' is refused", (params, message) => {
    expect(() => parseOpenParams(params)).toThrow(message)
  })
})

describe('init_config', () => {
  test('nothing is the defaults', () => {
    for (const text of ['', ' ', 'null', '{}']) {
      expect(parseOptions(text)).toMatchObject({ sslCertificate: '/etc/falco/falco.pem', webhookMaxBatchSize: 12_582_912 })
    }
  })

  test('keys of the plugin of Falco are taken', () => {
    const text = '{"sslCertificate":"/x.pem","useAsync":true,"maxEventSize":262144,"webhookMaxBatchSize":2048}'
    expect(parseOptions(text)).toMatchObject({ sslCertificate: '/x.pem', webhookMaxBatchSize: 2048 })
  })

  test.each([
    ['x: 1', 'it is neither a map nor JSON'],
    ['[]', 'it is no map'],
    ['{"sslCertificat":"x"}', "there is no 'sslCertificat'"],
    ['{"sslCertificate":7}', "'sslCertificate' is a text, not 7"],
    ['{"maxRequests":0}', "'maxRequests' is a whole number from 1, not 0"],
    ['{"maxRequests":"many"}', `'maxRequests' is a whole number from 1, not "many"`],
    ['{"startAt":"middle"}', `'startAt' is one of beginning, end, not "middle"`],
  ])('%s is refused', (text, message) => {
    expect(() => parseOptions(text)).toThrow(`init_config of k8saudit: ${message}`)
  })
})
