import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

/** An OpenID provider on loopback, as far as a resource server has to do with one. */
export interface OidcProvider {
  issuer: string;
  /** Requests so far, by path. */
  asked: Record<string, number>;
  /** What it answers instead of its documents, by path: a status, or a text. */
  answers: Record<string, number | string>;
  /** Takes a new key instead of the one before. */
  rotate(alg?: string): Promise<void>;
  /** Its public keys. */
  jwks(): JWK[];
  /** Signs claims with the newest key; `header` replaces what its header says. */
  sign(claims: Record<string, unknown>, header?: { alg?: string; kid?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** Starts one with a key of `alg`, until the test ends. */
export async function oidcProvider(alg = 'ES256'): Promise<OidcProvider> {
  const provider = await startOidcProvider(alg);
  onTestFinished(provider.stop);
  return provider;
}

/** The same for longer than one test. */
export async function startOidcProvider(alg = 'ES256'): Promise<OidcProvider> {
  let key: { alg: string; kid: string; privateKey: CryptoKey; publicJwk: JWK };
  let made = 0;
  const asked: Record<string, number> = {};
  const answers: Record<string, number | string> = {};
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked[path] = (asked[path] ?? 0) + 1;
    const answer = answers[path];
    if (typeof answer === 'number') return response.writeHead(answer).end('{}');
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` },
      '/keys': { keys: provider.jwks() },
    };
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(answer ?? JSON.stringify(documents[path] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const provider: OidcProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    async rotate(next = alg) {
      const { privateKey, publicKey } = await generateKeyPair(next, { extractable: true });
      const kid = `key-${++made}`;
      key = { alg: next, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: next, use: 'sig' } };
    },
    jwks: () => [key.publicJwk],
    sign: async (claims, header = {}) =>
      await new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey),
    stop,
  };
  await provider.rotate();
  return provider;
}
