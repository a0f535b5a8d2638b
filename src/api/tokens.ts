import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { KeyStore } from '../ports/key-store.ts';
import { ownToken } from '../use-cases/issue-token.ts';
import { type AccessScope, accessScopes, type Caller } from './caller.ts';
import { providerKeys } from './provider-keys.ts';

/** Seconds by which clocks may differ. */
const skewSeconds = 60;

/** An OIDC provider whose tokens are taken. */
export interface OidcSettings {
  issuer: string;
  audience: string;
  /** Where its keys are; default: what its discovery document says. */
  jwksUri?: string;
  /** Claim that names the tenant of a customer. */
  tenantClaim: string;
  /** Claim that lists scopes or roles, as text with blanks or as a list. */
  scopeClaim: string;
  /** Claim that says how somebody logged in, as text or as a list; not every provider can fill `amr` (RFC 8176). */
  mfaClaim: string;
  /** Values of it, each of which stands for a second factor. */
  mfaValues: readonly string[];
}

/** What the home's own tokens say where. */
const ownClaims = { tenantClaim: 'tenant', scopeClaim: 'scope', mfaClaim: 'amr', mfaValues: ['mfa'] };

/** A token that does not hold, and why, for the log and the ledger; the caller is told no more than that. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

const claims = z.looseObject({ sub: z.string().min(1).max(200), jti: z.string().max(200).optional() });

/** Makes what verifies tokens. */
export function tokenVerifier(
  keys: Pick<KeyStore, 'publicKeys'>,
  oidc: OidcSettings | undefined,
): (token: string, now: Date) => Promise<Caller> {
  const remoteKeys = oidc === undefined ? undefined : providerKeys(oidc);
  return async (token, now) => {
    const issuer = unverifiedIssuer(token);
    try {
      if (issuer === ownToken.issuer) {
        const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: (await keys.publicKeys()) as never }), {
          algorithms: ['ES256'],
          issuer: ownToken.issuer,
          audience: ownToken.audience,
          typ: ownToken.type,
          requiredClaims: ['exp', 'iat', 'sub', 'jti'],
          currentDate: now,
          clockTolerance: skewSeconds,
        });
        return callerOf(payload, ownClaims);
      }
      if (oidc === undefined || remoteKeys === undefined || issuer !== oidc.issuer) {
        throw new TokenRefused('unknown issuer');
      }
      const { payload } = await jwtVerify(token, remoteKeys, {
        algorithms: ['RS256', 'PS256', 'ES256'],
        issuer: oidc.issuer,
        audience: oidc.audience,
        requiredClaims: ['exp', 'sub'],
        currentDate: now,
        clockTolerance: skewSeconds,
      });
      return callerOf(payload, oidc);
    } catch (error) {
      // Which claim it was helps whoever connects a provider, and tells nothing of the person.
      if (error instanceof errors.JWTClaimValidationFailed) throw new TokenRefused(`${error.code} ${error.claim}`);
      if (error instanceof errors.JOSEError) throw new TokenRefused(error.code);
      throw error;
    }
  };
}

/** The issuer that a token claims, which only chooses the keys that it is verified with. */
function unverifiedIssuer(token: string): string | undefined {
  const part = token.split('.')[1] ?? '';
  try {
    const payload: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof payload === 'object' && payload !== null && 'iss' in payload ? String(payload.iss) : undefined;
  } catch {
    return undefined;
  }
}

function callerOf(
  payload: JWTPayload,
  { tenantClaim, scopeClaim, mfaClaim, mfaValues }: Omit<OidcSettings, 'issuer' | 'audience' | 'jwksUri'>,
): Caller {
  const known = claims.safeParse(payload);
  if (!known.success) throw new TokenRefused('unusable subject');
  const { sub, jti } = known.data;
  const said = payload[scopeClaim];
  const named = Array.isArray(said) ? said.map(String) : String(said ?? '').split(' ');
  const scopes = new Set<AccessScope>(accessScopes.filter((scope) => named.includes(scope)));
  // Somebody who is a customer here is nobody's operator: a role too many in the provider's settings must not join the two.
  if (scopes.has('tenant:self') && scopes.size > 1) throw new TokenRefused('tenant:self with another scope');
  const tenant = payload[tenantClaim];
  // A scope for one's own account means nothing without an account.
  if (typeof tenant !== 'string') scopes.delete('tenant:self');
  return {
    // As the owner of a key is named: who opens a case with a key and approves it with a token is one person.
    id: sub,
    via: 'token',
    credential: jti ?? sub,
    scopes,
    ...(typeof tenant === 'string' && scopes.has('tenant:self') ? { tenant } : {}),
    mfa: [payload[mfaClaim]].flat().some((value) => typeof value === 'string' && mfaValues.includes(value)),
  };
}
