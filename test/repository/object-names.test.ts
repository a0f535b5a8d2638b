import { describe, expect, it } from 'vitest';
import {
  intentPrefix,
  isObjectId,
  newObjectId,
  objectKey,
  objectKinds,
  parseObjectKey,
  scopePrefix,
} from '../../src/repository/object-names.ts';

const scope = { tenant: 'acme', source: 'files' };
const intent = '0123456789abcdef0123';

describe('object names', () => {
  it.each(objectKinds)('a key of a %s reads back into its parts', (kind) => {
    const id = newObjectId(intent, 'a1');
    expect(isObjectId(id)).toBe(true);
    const key = objectKey(scope, kind, id);
    expect(parseObjectKey(key)).toEqual({ ...scope, kind, id, intent, attempt: 'a1' });
    expect(key.startsWith(intentPrefix(scope, kind, intent, 'a1'))).toBe(true);
    expect(key.startsWith(intentPrefix(scope, kind, intent))).toBe(true);
    expect(key.startsWith(scopePrefix('acme', 'files'))).toBe(true);
    expect(key.startsWith(scopePrefix('acme'))).toBe(true);
  });

  it.each([
    'v2/acme/files/pack/0123456789abcdef0123/1/0123456789abcdef0123',
    'v1/acme/files/frame/0123456789abcdef0123/1/0123456789abcdef0123',
    'v1/Acme/files/pack/0123456789abcdef0123/1/0123456789abcdef0123',
    'v1/acme/files/pack/0123456789abcdef012/1/0123456789abcdef0123',
    'v1/acme/files/pack/0123456789abcdef0123/0123456789abcdef0123',
    'v1/acme/files/pack/0123456789abcdef0123/1/0123456789abcdef0123/x',
  ])('%s is no object of this format', (key) => {
    expect(parseObjectKey(key)).toBeUndefined();
  });

  it('ids do not repeat and take no unfit intent or attempt', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newObjectId(intent, '1'))).size).toBe(1000);
    expect(() => newObjectId('x', '1')).toThrow('intent "x"');
    expect(() => newObjectId(intent, '../1')).toThrow('attempt');
  });
});
