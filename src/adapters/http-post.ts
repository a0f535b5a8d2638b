import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';

/** What is sent. */
export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
}

/** Sends messages to addresses that others have named. */
export interface HttpPost {
  /** The HTTP status, or a fault in a word. What the receiver says is not read, redirects are not followed. */
  post(url: string, options: PostOptions): Promise<number | string>;
  /** Why an address cannot be written to, as far as its text tells; `undefined`: it may be tried. */
  refusesTarget(url: string): string | undefined;
}

/**
 * Sends only to public addresses, unless `allowPrivate`: an address in a private, loopback or link-local range would reach what
 * only this machine should reach (OWASP, Server-Side Request Forgery). The address that a name resolves to is looked at when the
 * connection is made, so a name that changes its mind in between is refused too.
 */
export function httpPost({ allowPrivate }: { allowPrivate: boolean }): HttpPost {
  const options = { allowPrivateIPAddress: allowPrivate, allowMetaIPAddress: false };
  const agents = { http: new RequestFilteringHttpAgent(options), https: new RequestFilteringHttpsAgent(options) };
  return {
    refusesTarget(url) {
      const { hostname, username, password } = new URL(url);
      if (username !== '' || password !== '') return 'it holds a name or password';
      // A dot at the end says that the name is whole, and names the same.
      const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
      if (allowPrivate) return undefined;
      if (isIP(host) !== 0 && ipaddr.process(host).range() !== 'unicast') return 'the address is not a public one';
      // A name without a dot is looked up in the machine's own domain.
      const isPrivate = isIP(host) === 0 && (!host.includes('.') || /\.(?:localhost|local|internal)$/i.test(host));
      return isPrivate ? 'the name is not a public one' : undefined;
    },
    post: async (url, { headers, body, timeoutMs }) => {
      const target = new URL(url);
      const isSecure = target.protocol === 'https:';
      const send = isSecure ? requestHttps : requestHttp;
      return await new Promise((resolve) => {
        const fault = (error: NodeJS.ErrnoException): void => resolve(error.code ?? 'refused');
        try {
          const request = send(target, {
            method: 'POST',
            headers: { ...headers, 'content-length': Buffer.byteLength(body) },
            agent: isSecure ? agents.https : agents.http,
            signal: AbortSignal.timeout(timeoutMs),
          });
          request.once('response', (response) => {
            response.resume();
            resolve(response.statusCode ?? 'no status');
          });
          request.once('error', (error: NodeJS.ErrnoException) =>
            resolve(
              error.name === 'TimeoutError' || error.name === 'AbortError' ? 'timeout' : (error.code ?? 'refused'),
            ),
          );
          request.end(body);
        } catch (error) {
          fault(error as NodeJS.ErrnoException);
        }
      });
    },
  };
}
