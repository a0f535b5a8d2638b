import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Scope } from '../stories/stage.ts';

/** A provider of tokens (OpenID Connect Discovery 1.0) on loopback. */
export interface IdentityProvider {
  issuer: string;
  /** Instant at which its tokens are issued. */
  now: string;
  token(wanted: { sub: string; scope: Scope; tenant?: string; mfa?: boolean }): Promise<string>;
  close(): Promise<void>;
}

/** Starts a provider whose tokens are for one audience; they hold for a year, as far as a story goes. */
export async function identityProvider(audience: string): Promise<IdentityProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` },
      '/keys': { keys: [jwk] },
    };
    const found = documents[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const provider: IdentityProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    now: new Date().toISOString(),
    async token({ sub, scope, tenant, mfa = false }) {
      const issuedAt = Math.floor(Date.parse(provider.now) / 1000);
      const claims = { scope, ...(tenant === undefined ? {} : { tenant }), ...(mfa ? { amr: ['pwd', 'mfa'] } : {}) };
      return await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(provider.issuer)
        .setAudience(audience)
        .setSubject(sub)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + 366 * 86_400)
        .sign(privateKey);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
