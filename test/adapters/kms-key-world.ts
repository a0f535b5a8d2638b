import { type KmsKeyStoreOptions, kmsKeyStore } from '../../src/adapters/aws/kms-key-store.ts';
import type { KeyStore } from '../../src/ports/key-store.ts';
import { fakeDynamodb } from './fake-dynamodb.ts';
import { fakeKms } from './fake-kms.ts';

/** Two Regions and a KMS in memory, with key stores on them. */
export function keyWorld({ replicate = false } = {}) {
  const dynamodb = fakeDynamodb(['eu-west-1', 'eu-central-1'], { replicate });
  const kms = fakeKms();
  const options: KmsKeyStoreOptions = {
    kms: kms.client,
    masterKey: 'master',
    signingKey: 'signing',
    replicas: dynamodb.replicas,
  };
  const table = (region: string) => dynamodb.tables.get(region) ?? never();
  return {
    ...dynamodb,
    kms,
    options,
    first: table('eu-west-1'),
    second: table('eu-central-1'),
    /** Another process. */
    process: (): KeyStore => kmsKeyStore(options),
    /** A process that sees one Region only. */
    alone: (at: 0 | 1): KeyStore => kmsKeyStore({ ...options, replicas: options.replicas.slice(at, at + 1) }),
    /** What is left of a key anywhere: rows, or anything that could be unwrapped. */
    held: (ref: string): number =>
      [...dynamodb.tables.values()]
        .flatMap((each) => each.items())
        .filter(({ pk, sk, sealed }) => sealed !== undefined && `${pk?.S}/${sk?.S}` === ref).length,
  };
}

function never(): never {
  throw new Error('no such Region');
}

/** A Region that does not answer. */
export function away(): Error {
  return Object.assign(new Error('connect ETIMEDOUT'), { name: 'TimeoutError' });
}

/** What a process does that is killed: it throws this, and everything it tries afterwards throws it too. */
export class KilledRequest extends Error {
  override readonly name = 'KilledRequest';
}

/**
 * Runs work in a process that is killed at its n-th request: before it reaches the service, or (`lost`) after it did.
 *
 * @returns whether there was an n-th request
 */
export async function killedAtRequest(
  world: ReturnType<typeof keyWorld>,
  n: number,
  lost: boolean,
  work: (keys: KeyStore) => Promise<unknown>,
): Promise<boolean> {
  let requests = 0;
  const tap = () => {
    requests++;
    const die = () => {
      throw new KilledRequest();
    };
    if (requests > n || (requests === n && !lost)) die();
    return requests === n ? die : undefined;
  };
  world.taps.tap = tap;
  world.kms.tap = () => {
    tap()?.();
  };
  await work(world.process()).catch((error: unknown) => {
    if (requests < n) throw error;
  });
  world.taps.tap = () => undefined;
  world.kms.tap = () => undefined;
  return requests >= n;
}
