import { z } from 'zod';
import { BlockedError } from '../domain/errors.ts';
import { useCase } from '../use-case.ts';
import { actorInput } from './actor-input.ts';
import { aloneAsCustomer, aloneError, scopeField } from './api-keys.ts';
import { appendLedger } from './append-ledger.ts';
import { requireTenant } from './tenant-fields.ts';
import { lineField } from './text-fields.ts';

/** Issuer, audience and type of the home's own tokens. The type tells them from certificates, which the same key signs. */
export const ownToken = { issuer: 'tenure', audience: 'tenure-api', type: 'at+jwt' } as const;

const input = z
  .strictObject({
    subject: lineField,
    scopes: z.array(scopeField).min(1),
    tenant: z.string().exactOptional(),
    mfa: z.boolean().default(false),
    minutes: z
      .int()
      .min(1)
      .max(24 * 60)
      .default(60),
    actor: actorInput,
  })
  .refine(({ scopes, tenant }) => scopes.includes('tenant:self') === (tenant !== undefined), {
    path: ['tenant'],
    error: 'a token with the scope tenant:self is of one tenant, and no other token is of any',
  })
  .refine(aloneAsCustomer, { path: ['scopes'], error: aloneError });

/**
 * Makes a token of the home's own (RFC 9068), where no OIDC provider stands beside it: whoever may use the home's keys may say who
 * comes in. The ledger has each of them.
 */
export const issueToken = useCase(input, async (deps, { subject, scopes, tenant, mfa, minutes, actor }) => {
  if (deps.settings.ownTokens === false) {
    throw new BlockedError('a deployment on AWS makes no tokens: nobody but its functions may sign with its key', {
      hint: 'Name an OIDC provider in the settings of the API (docs/deploy.md), or use an API key for a machine.',
    });
  }
  if (tenant !== undefined) await requireTenant(deps, tenant);
  const jti = deps.random(10).toString('hex');
  const now = Math.floor(deps.clock.wall() / 1000);
  const [current] = await deps.keys.publicKeys();
  const header = { alg: 'ES256', typ: ownToken.type, ...(current === undefined ? {} : { kid: current.kid }) };
  const claims = {
    iss: ownToken.issuer,
    aud: ownToken.audience,
    sub: subject,
    jti,
    iat: now,
    exp: now + minutes * 60,
    scope: scopes.join(' '),
    ...(tenant === undefined ? {} : { tenant }),
    ...(mfa ? { amr: ['mfa'] } : {}),
  };
  await appendLedger(deps, { type: 'token-issued', actor, subjects: [`token:${jti}`] });
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  const { signature } = await deps.keys.sign(Buffer.from(signed));
  return {
    token: `${signed}.${signature.toString('base64url')}`,
    jti,
    expiresAt: new Date((now + minutes * 60) * 1000).toISOString(),
  };
});
