import { expect, it } from 'vitest';
import { clientAddress } from '../../src/api/client-address.ts';

it('believes nothing but what the proxies that are known have added', () => {
  const forged = '1.1.1.1, 203.0.113.9, 10.0.0.2';
  expect(clientAddress('10.0.0.1', forged, 0)).toBe('10.0.0.1');
  expect(clientAddress('10.0.0.1', forged, 1)).toBe('10.0.0.2');
  expect(clientAddress('10.0.0.1', forged, 2)).toBe('203.0.113.9');
  expect(clientAddress('10.0.0.1', undefined, 1)).toBe('10.0.0.1');
});
