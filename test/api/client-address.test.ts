import { expect, it } from 'vitest';
import { clientAddress, networkOf } from '../../src/api/client-address.ts';

it('believes nothing but what the proxies that are known have added', () => {
  const forged = '1.1.1.1, 203.0.113.9, 10.0.0.2';
  expect(clientAddress('10.0.0.1', forged, 0)).toBe('10.0.0.1');
  expect(clientAddress('10.0.0.1', forged, 1)).toBe('10.0.0.2');
  expect(clientAddress('10.0.0.1', forged, 2)).toBe('203.0.113.9');
  expect(clientAddress('10.0.0.1', undefined, 1)).toBe('10.0.0.1');
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51034', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::ffff:cb00:7109', '203.0.113.9'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::7]:443', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['unknown', 'unknown'],
  ['', ''],
])('the address %j stands for %j', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
