import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { UnavailableError } from '../domain/errors.ts';

/** So long a provider that has failed is not asked again: nobody's made-up tokens become requests at it. */
const faultMs = 10_000;

/**
 * Keys of an OpenID provider: fetched when they are first needed, and kept (jose: 10 minutes; half a minute at least before a name of
 * a key that is not among them makes it ask again).
 *
 * @throws UnavailableError while the provider does not answer
 */
export function providerKeys({ issuer, jwksUri }: { issuer: string; jwksUri?: string }): JWTVerifyGetKey {
  let remote: Promise<JWTVerifyGetKey> | undefined;
  let fault: { error: UnavailableError; until: number } | undefined;
  const ask: typeof fetch = async (url, init) => {
    if (fault !== undefined && Date.now() < fault.until) throw fault.error;
    return await fetch(url, init);
  };
  const faultOf = (why: string, cause: unknown): UnavailableError => {
    if (cause instanceof UnavailableError) return cause;
    const error = new UnavailableError(`the identity provider does not answer: ${why}`, {
      hint: 'Try again later; keys of machines and tokens of the home’s own work meanwhile.',
      cause,
    });
    fault = { error, until: Date.now() + faultMs };
    return error;
  };
  const open = async (): Promise<JWTVerifyGetKey> =>
    createRemoteJWKSet(new URL(jwksUri ?? (await discoveredJwks(issuer, ask))), { [customFetch]: ask });
  return async (header, token) => {
    remote ??= open();
    const keys = await remote.catch((error: unknown) => {
      remote = undefined;
      throw faultOf('its discovery document cannot be had, or is that of another issuer', error);
    });
    try {
      return await keys(header, token);
    } catch (error) {
      throw isAboutToken(error) ? error : faultOf('its keys cannot be had', error);
    }
  };
}

/** OpenID Connect Discovery 1.0 §4; the issuer must be the one that was asked for (§4.3). */
async function discoveredJwks(issuer: string, ask: typeof fetch): Promise<string> {
  const answer = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(5000),
  });
  return z.object({ issuer: z.literal(issuer), jwks_uri: z.url() }).parse(await answer.json()).jwks_uri;
}

/** The provider's keys are there, and none of them is the token's. Anything else says nothing about the token. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
