import { expect, test } from 'bun:test'
import { maskSecrets } from '../../src/base/mask.ts'

test.each([
  ['post to https://user:hunter2@host:1/a?b=c failed', 'post to https://***@host:1/a?b=c failed'],
  ['http://host/x?token=abcdef&y=1', 'http://host/x?token=***&y=1'],
  ['http://host/x?a=1&api_key=abcdef', 'http://host/x?a=1&api_key=***'],
  ['https://hooks.slack.com/services/T0/B0/XXXX failed', 'https://hooks.slack.com/services/*** failed'],
  ['https://discord.com/api/webhooks/1/abc', 'https://discord.com/api/webhooks/***'],
  ['https://api.telegram.org/bot123:abc/sendMessage', 'https://api.telegram.org/bot***/sendMessage'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
  ['-o my.password=hunter2 -v', '-o my.password=*** -v'],
  ['{"password":"hunter2","a":1}', '{"password":"***","a":1}'],
  ['{"text":"{\\"token\\":\\"hunter2\\"}"}', '{"text":"{\\"token\\":\\"***\\"}"}'],
  ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', '-----BEGIN PRIVATE KEY----- *** -----END PRIVATE KEY-----'],
])('%j becomes %j', (text, masked) => {
  expect(maskSecrets(text)).toBe(masked)
})

test.each([
  "unexpected token after 'a', expecting 'or'",
  'Loading rules from: /etc/falco/falco_rules.yaml',
  'user@host is no URL',
  'the key webserver.listen_port: 8765',
  'SIGUSR1 received, reopening outputs...',
])('%j stays as it is', (text) => {
  expect(maskSecrets(text)).toBe(text)
})
