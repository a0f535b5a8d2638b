import ipaddr from 'ipaddr.js';

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

/**
 * Whom an address stands for: an IPv4 address for itself, also where it is written as IPv6; an IPv6 address for its /64, since whoever
 * has one address of it has all (RFC 6177, RFC 7421). What is no address stands for itself. A port is left out.
 */
export function networkOf(address: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  if (!ipaddr.isValid(bare)) return address;
  const known = ipaddr.process(bare);
  if (!(known instanceof ipaddr.IPv6)) return known.toString();
  return `${new ipaddr.IPv6([...known.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
}
