import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { TestHome } from './tenure.ts';

async function homeWith(section: string): Promise<string> {
  const home = new TestHome();
  await home.ends(0, 'init');
  appendFileSync(join(home.dir, 'tenure.yml'), section);
  return home.dir;
}

it('reads how the API is reached', async () => {
  const dir = await homeWith(`
api:
  publicUrl: https://tenure.example.com
  paymentUrl: https://pay.example.com/?from=tenure
  oidc: { issuer: https://login.example.com/realm, audience: tenure }
  corsOrigins: [https://app.example.com]
  proxies: 1
`);
  expect(readConfig(dir).api).toEqual({
    publicUrl: 'https://tenure.example.com',
    paymentUrl: 'https://pay.example.com/?from=tenure',
    oidc: {
      issuer: 'https://login.example.com/realm',
      audience: 'tenure',
      tenantClaim: 'tenant',
      scopeClaim: 'scope',
      mfaClaim: 'amr',
      mfaValues: ['mfa'],
    },
    corsOrigins: ['https://app.example.com'],
    proxies: 1,
  });
});

it.each([
  ['publicUrl: http://tenure.example.com', 'publicUrl'],
  ['publicUrl: https://user:secret@tenure.example.com', 'publicUrl'],
  ['paymentUrl: javascript:alert(1)', 'paymentUrl'],
  ['publicUrl: javascript:alert(1)', 'publicUrl'],
  ['corsOrigins: ["*"]', 'corsOrigins'],
  ['corsOrigins: [https://app.example.com/path]', 'corsOrigins'],
  ['oidc: { issuer: https://login.example.com }', 'audience'],
  ['oidc: { issuer: https://login.example.com, audience: tenure, mfaValues: [] }', 'mfaValues'],
  ['proxies: -1', 'proxies'],
  ['public_url: https://tenure.example.com', 'public_url'],
])('refuses %s and names the field', async (line, field) => {
  const dir = await homeWith(`\napi:\n  ${line}\n`);
  expect(() => readConfig(dir)).toThrow(new RegExp(`tenure\\.yml:\\d+: api\\.?.*${field}`));
});
