import { startOidcProvider } from '../oidc-provider.ts';
import type { Scope } from '../stories/stage.ts';

/** A provider of tokens for the API of a deployment. */
export interface IdentityProvider {
  issuer: string;
  /** Instant at which its tokens are issued. */
  now: string;
  token(wanted: { sub: string; scope: Scope; tenant?: string; mfa?: boolean }): Promise<string>;
  close(): Promise<void>;
}

/** Starts a provider whose tokens are for one audience; they hold for a year, as far as a story goes. */
export async function identityProvider(audience: string): Promise<IdentityProvider> {
  const { issuer, sign, stop } = await startOidcProvider('RS256');
  const provider: IdentityProvider = {
    issuer,
    now: new Date().toISOString(),
    close: stop,
    async token({ sub, scope, tenant, mfa = false }) {
      const iat = Math.floor(Date.parse(provider.now) / 1000);
      const claims = { scope, ...(tenant === undefined ? {} : { tenant }), ...(mfa ? { amr: ['pwd', 'mfa'] } : {}) };
      return await sign({ iss: issuer, aud: audience, sub, iat, exp: iat + 366 * 86_400, ...claims });
    },
  };
  return provider;
}
