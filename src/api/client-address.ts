/**
 * Address of the client behind `proxies` proxies, each of which has added who it was asked by to `X-Forwarded-For` (from the left).
 * What stands further left came from the client itself and is not believed.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, proxies: number): string {
  if (proxies === 0) return peer;
  const named = (forwardedFor ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return named.at(-proxies) ?? named[0] ?? peer;
}
