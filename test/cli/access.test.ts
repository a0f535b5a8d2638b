import { expect, it } from 'vitest';
import { serve } from '../e2e/serve.ts';
import { TestHome } from './tenure.ts';

it('keys are shown once, let in, are rotated and revoked, and stand in the review with their last use', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const { url } = await serve(home.dir, { args: ['--no-schedule'] });
  const status = async (key: string): Promise<number> =>
    (await fetch(`${url}/v1/tenants`, { headers: { authorization: `Bearer ${key}` } })).status;
  const made = (await home.json(0, 'api-key', 'create', 'billing', '--owner', 'ann', '--scope', 'operator')) as {
    id: string;
    key: string;
  };
  expect(await status(made.key)).toBe(200);
  expect(await status(`${made.key.slice(0, -1)}_`)).toBe(401);
  const unused = (await home.json(0, 'api-key', 'create', 'spare', '--owner', 'ben', '--scope', 'auditor')) as {
    id: string;
  };
  const listed = await home.ends(0, 'api-key', 'list');
  expect(listed.stdout).not.toContain(made.key.split('_')[2]);
  const rotated = (await home.json(0, 'api-key', 'rotate', made.id)) as { id: string; key: string };
  expect([await status(made.key), await status(rotated.key)]).toEqual([200, 200]);
  const leaked = (await home.json(0, 'api-key', 'leaked', rotated.id)) as { key: string; alert: string };
  expect([await status(rotated.key), await status(leaked.key)]).toEqual([401, 200]);
  const alerts = await home.ends(0, 'alert', 'list');
  expect(alerts.stdout).toContain(leaked.alert);
  await home.ends(0, 'api-key', 'revoke', unused.id);
  const review = (await home.json(0, 'access', 'review')) as {
    key?: string;
    who: string;
    state: string;
    lastUsedAt?: string;
  }[];
  expect(review.find(({ key }) => key === unused.id)).toMatchObject({ who: 'ben', state: 'revoked' });
  expect(review.find(({ key }) => key === unused.id)).not.toHaveProperty('lastUsedAt');
  expect(review.find(({ key }) => key === made.id)).toMatchObject({ state: 'open', lastUsedAt: expect.any(String) });
  const token = (await home.json(0, 'token', '--sub', 'olga', '--scope', 'operator')) as { token: string };
  expect(await status(token.token)).toBe(200);
  expect(await home.json(0, 'access', 'review')).toContainEqual(expect.objectContaining({ who: 'olga', by: 'token' }));
});

it('a key itself is not taken where its id is wanted, since it would lie in the history of the shell', async () => {
  const home = new TestHome();
  await home.ends(0, 'init');
  const made = (await home.json(0, 'api-key', 'create', 'x', '--owner', 'ann', '--scope', 'operator')) as {
    key: string;
  };
  const refused = await home.ends(2, 'api-key', 'revoke', made.key);
  expect(refused.stderr).toContain('rotate the key');
  expect(refused.stderr).not.toContain(made.key);
});
