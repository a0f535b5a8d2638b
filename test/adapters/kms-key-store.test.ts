import { createPublicKey, verify } from 'node:crypto';
import { BatchGetItemCommand, BatchWriteItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { everyInstance, gonePlace } from '../../src/adapters/aws/kms-key-rows.ts';
import { kmsKeyStore } from '../../src/adapters/aws/kms-key-store.ts';
import type { KeyStore } from '../../src/ports/key-store.ts';
import { describeKeyStore } from '../contracts/key-store.ts';
import { away, keyWorld } from './kms-key-world.ts';

const notFound = { name: 'NotFoundError' };
const unavailable = { name: 'UnavailableError' };

const skip = {
  'signs with ES256, so that the public key alone verifies': 'below: the fake signs what it was told only',
};
describeKeyStore('KMS and two tables', async () => keyWorld().process(), { skip });
describeKeyStore('KMS and a global table that replicates late', async () => late().process(), { skip });

/** A global table on which, with each request, something may arrive that was written a while ago. */
function late(draw = () => Math.random()) {
  const world = keyWorld({ replicate: true });
  world.taps.tap = () => {
    if (draw() < 0.4) world.deliver(Math.floor(draw() * world.pending.length));
    return undefined;
  };
  return world;
}

it('keys of a global table: whatever arrives when, what was destroyed is gone and what was not opens everywhere', async () => {
  const refs = ['source/acme/files', 'root/acme/files/1', 'root/acme/files/2', 'work/acme/files/1'];
  const step = fc.record({
    ref: fc.constantFrom(...refs),
    what: fc.constantFrom('make', 'destroy'),
    rotate: fc.boolean(),
  });
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });
  const draws = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(steps, draws, async (all, stream) => {
      const world = late(() => stream.next().value ?? 0);
      const [keys, other] = [world.process(), world.process()];
      await keys.make('tenant/acme');
      const alive = new Map<string, Buffer>();
      for (const { ref, what, rotate } of all) {
        const rotation = rotate ? other.rotate('acme') : undefined;
        if (what === 'make') {
          const made = await keys.make(ref).catch((error) => error.name);
          if (Buffer.isBuffer(made)) alive.set(ref, made);
          else expect(made).toBe('ConflictError');
        } else {
          const receipts = (await keys.destroy([ref])).get(ref);
          expect(receipts?.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
          alive.delete(ref);
        }
        await rotation;
        for (const each of refs) {
          const opened = await other.open(each).catch((error) => error.name);
          expect(opened).toEqual(alive.get(each) ?? 'NotFoundError');
        }
      }
      world.deliver();
      for (const each of refs) {
        if (!alive.has(each)) expect(world.held(each)).toBe(0);
        for (const one of [0, 1] as const) {
          const opened = await world
            .alone(one)
            .open(each)
            .catch((error) => error.name);
          expect(opened).toEqual(alive.get(each) ?? 'NotFoundError');
        }
      }
    }),
    { numRuns: 60 },
  );
});

describe('keys in two Regions', () => {
  let world: ReturnType<typeof keyWorld>;
  let keys: KeyStore;
  beforeEach(async () => {
    world = keyWorld();
    keys = world.process();
    await keys.make('tenant/acme');
  });
  /** A Region answers nothing any more, or nothing but some requests. */
  const cut = (region: string, but: string[] = []) => {
    world.taps.tap = (request) => {
      if (request.region === region && !but.includes(request.command)) throw away();
      return undefined;
    };
  };
  const mended = () => {
    world.taps.tap = () => undefined;
  };

  it('are opened from the one that answers', async () => {
    const key = await keys.make('root/acme/files/1');
    for (const region of ['eu-west-1', 'eu-central-1']) {
      cut(region);
      expect(await keys.open('root/acme/files/1')).toEqual(key);
      expect(await keys.list('root/')).toEqual(['root/acme/files/1']);
      // It may be in the other one.
      await expect(keys.open('root/acme/files/2')).rejects.toMatchObject(unavailable);
      mended();
    }
    world.taps.tap = () => {
      throw away();
    };
    await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(unavailable);
    await expect(keys.list('root/')).rejects.toMatchObject(unavailable);
  });

  it('are not made while a Region is away, nor by halves when it goes in between', async () => {
    cut('eu-central-1');
    await expect(keys.make('root/acme/files/1')).rejects.toMatchObject(unavailable);
    cut('eu-central-1', ['BatchGetItemCommand']);
    await expect(keys.make('root/acme/files/1')).rejects.toMatchObject(unavailable);
    mended();
    expect(await keys.list('root/')).toEqual([]);
    await keys.make('root/acme/files/1');
  });

  it('are destroyed where they can be, and the receipt says where not, until it is repeated', async () => {
    await keys.make('root/acme/files/1');
    cut('eu-central-1');
    const [first, second] = (await keys.destroy(['root/acme/files/1'])).get('root/acme/files/1') ?? [];
    expect(first).toEqual({ replica: 'eu-west-1', acknowledged: true });
    expect(second).toMatchObject({
      replica: 'eu-central-1',
      acknowledged: false,
      reason: expect.stringContaining('ETIMEDOUT'),
    });
    mended();
    // One record is enough: nobody opens it, nobody makes it again, nobody mends the first Region from the second.
    await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(notFound);
    await expect(keys.make('root/acme/files/1')).rejects.toMatchObject({ name: 'ConflictError' });
    expect(world.first.items().filter(({ sealed }) => sealed)).toHaveLength(1);
    // What is still held is listed, so that a sweep finds it.
    expect(await keys.list('root/')).toEqual(['root/acme/files/1']);
    const receipts = (await keys.destroy(['root/acme/files/1'])).get('root/acme/files/1');
    expect(receipts?.every(({ acknowledged }) => acknowledged)).toBe(true);
    expect(world.held('root/acme/files/1')).toBe(0);
  });

  it('of a source are destroyed with every instance that a Region which is away may have', async () => {
    await keys.make('source/acme/files');
    cut('eu-west-1');
    await keys.destroy(['source/acme/files']);
    mended();
    await expect(keys.open('source/acme/files')).rejects.toMatchObject(notFound);
    const again = await keys.make('source/acme/files');
    expect(await keys.open('source/acme/files')).toEqual(again);
    expect(await world.alone(0).open('source/acme/files')).toEqual(again);
  });

  it('stay destroyed when a replication brings an old row late', async () => {
    await keys.make('root/acme/files/1');
    const late = world.second.items().find(({ sk }) => sk?.S === 'files/1');
    await keys.destroy(['root/acme/files/1']);
    for (const table of [world.first, world.second]) table.force(late!);
    await expect(keys.open('root/acme/files/1')).rejects.toMatchObject(notFound);
    for (const one of [0, 1] as const)
      await expect(world.alone(one).open('root/acme/files/1')).rejects.toMatchObject(notFound);
    await expect(keys.make('root/acme/files/1')).rejects.toMatchObject({ name: 'ConflictError' });
    expect(await keys.list('root/')).toEqual(['root/acme/files/1']);
    await keys.destroy(['root/acme/files/1']);
    expect(world.held('root/acme/files/1')).toBe(0);
  });

  it('that come back while they are destroyed are removed again, or not acknowledged', async () => {
    await keys.make('root/acme/files/1');
    const late = world.second.items().find(({ sk }) => sk?.S === 'files/1');
    let times = 0;
    world.taps.tap = ({ region, command }) => {
      if (region !== 'eu-central-1' || command !== 'BatchWriteItemCommand') return undefined;
      return () => {
        if (times++ < 3) world.second.force(late!);
      };
    };
    const receipts = (await keys.destroy(['root/acme/files/1'])).get('root/acme/files/1');
    expect(receipts?.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
    expect(world.held('root/acme/files/1')).toBe(0);
    times = -10;
    const [, stubborn] = (await keys.destroy(['root/acme/files/1'])).get('root/acme/files/1') ?? [];
    expect(stubborn).toMatchObject({ acknowledged: false, reason: expect.stringContaining('replication') });
  });

  it('are never made by a process that slept through their destruction', async () => {
    let asleep = false;
    world.taps.tap = ({ region, command }) => {
      if (asleep || region !== 'eu-central-1' || command !== 'TransactWriteItemsCommand') return undefined;
      asleep = true;
      // It wakes up when everything is over: this request is done after the destruction.
      const gone = { ...key(gonePlace('root/acme/files/1')), upTo: { N: String(everyInstance) } };
      for (const table of [world.first, world.second]) table.force(gone);
      return undefined;
    };
    await expect(keys.make('root/acme/files/1')).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringContaining('destroyed'),
    });
    expect(world.held('root/acme/files/1')).toBe(0);
  });

  it('are mended in the Region that lost them, and counted once more where one is on its way', async () => {
    const made = await keys.make('root/acme/files/1');
    for (const table of [world.first, world.second]) {
      const lost = [...table.cells].find(([name]) => name.includes('files/1'))?.[0] ?? '';
      table.cells.delete(lost);
      const counts = (await keys.replicas()).map(({ keys: count }) => count);
      expect(counts.sort()).toEqual([1, 2]);
      expect(await keys.open('root/acme/files/1')).toEqual(made);
      expect((await keys.replicas()).map(({ keys: count }) => count)).toEqual([2, 2]);
    }
    cut('eu-central-1');
    expect(await keys.replicas()).toEqual([
      { name: 'eu-west-1', keys: 2, writable: true },
      { name: 'eu-central-1', keys: 0, writable: false },
    ]);
  });

  it('say nothing of whom they belonged to once they are destroyed', async () => {
    await keys.make('source/acme/payroll');
    await keys.make('root/acme/payroll/1');
    await keys.destroy(['tenant/acme', 'source/acme/payroll', 'root/acme/payroll/1']);
    for (const table of [world.first, world.second]) expect(JSON.stringify(table.items())).not.toMatch(/acme|payroll/);
  });

  it('are wrapped by KMS for the tenant, and by the tenant for everything below: one call opens them all', async () => {
    for (let i = 0; i < 20; i++) await keys.make(`root/acme/files/${i}`);
    const cold = world.process();
    world.kms.decrypts = 0;
    await Promise.all(Array.from({ length: 20 }, (_, i) => cold.open(`root/acme/files/${i}`)));
    expect(world.kms.decrypts).toBe(1);
    expect(world.kms.mock.commandCalls(EncryptCommand)).toHaveLength(1);
    const [call] = world.kms.mock.commandCalls(DecryptCommand);
    expect(call?.args[0].input.EncryptionContext).toEqual({ tenure: 'key', ref: 'tenant/acme' });
  });

  it('are forgotten by a warm process after minutes, and at once when another process destroys them', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      world.kms.decrypts = 0;
      await keys.open('tenant/acme');
      await keys.open('tenant/acme');
      expect(world.kms.decrypts).toBe(1);
      vi.setSystemTime(Date.now() + 5 * 60_000);
      await keys.open('tenant/acme');
      expect(world.kms.decrypts).toBe(2);
      await world.process().destroy(['tenant/acme']);
      await expect(keys.open('tenant/acme')).rejects.toMatchObject(notFound);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that were moved to another name do not open', async () => {
    await keys.make('tenant/other');
    await keys.make('root/acme/files/1');
    await keys.make('root/acme/files/2');
    const swap = (a: string, b: string) => {
      for (const table of [world.first, world.second]) {
        const of = (name: string) => table.items().find(({ sk, sealed }) => sealed && sk?.S === name)!;
        const [one, other] = [of(a), of(b)];
        table.force({ ...one, sealed: other.sealed! });
        table.force({ ...other, sealed: one.sealed! });
      }
    };
    swap('files/1', 'files/2');
    await expect(world.process().open('root/acme/files/1')).rejects.toMatchObject({ name: 'CorruptError' });
    swap('acme', 'other');
    await expect(world.process().open('tenant/acme')).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('with an altered row open from the other Region, which mends it', async () => {
    const made = await keys.make('root/acme/files/1');
    const row = world.first.items().find(({ sk }) => sk?.S === 'files/1')!;
    world.first.force({ ...row, sealed: { S: Buffer.alloc(60).toString('base64url') } });
    expect(await keys.open('root/acme/files/1')).toEqual(made);
    expect(await world.alone(0).open('root/acme/files/1')).toEqual(made);
  });

  it.each([
    ['KMSInvalidStateException', 'BlockedError', 'scheduled for deletion'],
    ['DisabledException', 'BlockedError', 'disabled'],
    ['AccessDeniedException', 'BlockedError', 'right'],
    ['NotFoundException', 'BlockedError', 'does not exist'],
    ['IncorrectKeyException', 'CorruptError', 'master key'],
    ['KMSInternalException', 'UnavailableError', undefined],
  ])('answer %s of KMS as %s', async (name, ours, hint) => {
    const cold = world.process();
    world.kms.tap = () => {
      throw Object.assign(new Error('arn:aws:kms:… is pending deletion.'), { name });
    };
    const fault = { name: ours, ...(hint !== undefined && { hint: expect.stringContaining(hint) }) };
    await expect(cold.open('tenant/acme')).rejects.toMatchObject(fault);
    await expect(cold.make('root/acme/files/1')).rejects.toMatchObject(fault);
    await expect(cold.make('tenant/other')).rejects.toMatchObject(fault);
    // Forgetting needs no KMS.
    const receipts = (await cold.destroy(['tenant/acme'])).get('tenant/acme');
    expect(receipts?.every(({ acknowledged }) => acknowledged)).toBe(true);
  });

  it('a denied right is said as such, and so is a table that is not there', async () => {
    world.taps.tap = () => {
      throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
    };
    await expect(keys.open('tenant/acme')).rejects.toMatchObject({ name: 'BlockedError' });
    world.taps.tap = () => {
      throw Object.assign(new Error('no such table'), { name: 'ResourceNotFoundException' });
    };
    await expect(keys.open('tenant/acme')).rejects.toMatchObject(unavailable);
    expect((await keys.destroy(['tenant/acme'])).get('tenant/acme')?.map(({ acknowledged }) => acknowledged)).toEqual([
      false,
      false,
    ]);
  });

  it('are made, opened and rotated by many at once without losing one', async () => {
    const made = new Map<string, Buffer>();
    await Promise.all(
      Array.from({ length: 6 }, async (_, by) => {
        const own = world.process();
        for (let i = 0; i < 4; i++) {
          made.set(`root/acme/${by}/${i}`, await own.make(`root/acme/${by}/${i}`));
          if (i === 1 && by < 3) await own.rotate('acme').catch((error) => expect(error.name).toBe('ConflictError'));
        }
      }),
    );
    await keys.rotate('acme');
    for (const one of [0, 1] as const)
      for (const [ref, key] of made) expect(await world.alone(one).open(ref), ref).toEqual(key);
  });

  it('made while a rotation begins and ends in between open, and go with a tenant key that is destroyed in between', async () => {
    const between = (work: () => Promise<unknown>): KeyStore => {
      let done = false;
      const held = world.options.replicas.map(({ client, ...rest }) => {
        const send = async (command: object, options: object): Promise<object> => {
          const first = !done && command instanceof TransactWriteItemsCommand;
          done ||= first;
          if (first) await work();
          return await (client.send.bind(client) as typeof send)(command, options);
        };
        return { ...rest, client: Object.assign(Object.create(client), { send }) };
      });
      return kmsKeyStore({ ...world.options, replicas: held });
    };
    const made = await between(() => keys.rotate('acme')).make('root/acme/files/1');
    expect(await keys.open('root/acme/files/1')).toEqual(made);
    await keys.rotate('acme');
    expect(await keys.open('root/acme/files/1')).toEqual(made);
    const late = between(() => keys.destroy(['tenant/acme']));
    await expect(late.make('root/acme/files/2')).rejects.toMatchObject(notFound);
    expect(world.held('root/acme/files/2')).toBe(0);
  });

  it('are destroyed by the hundred in few requests, and what DynamoDB leaves over is sent again', async () => {
    const refs = Array.from({ length: 120 }, (_, i) => `work/acme/files/${i}`);
    let requests = 0;
    world.taps.tap = () => {
      requests++;
      return undefined;
    };
    const receipts = await keys.destroy(refs);
    expect([...receipts.values()].flat().every(({ acknowledged }) => acknowledged)).toBe(true);
    expect(receipts.size).toBe(120);
    // Three pages of up to 50: each 2 × 2 writes of 25 and a read of 100, in each Region.
    expect(requests).toBeLessThanOrEqual(30);
  });

  it('take up what DynamoDB did not process', async () => {
    const { client } = world.options.replicas[0]!;
    const send = client.send.bind(client) as (command: object, options: object) => Promise<object>;
    let left = 2;
    const leaving = async (command: object, options: object): Promise<object> => {
      const isBatch = command instanceof BatchWriteItemCommand || command instanceof BatchGetItemCommand;
      if (!isBatch || left === 0) return await send(command, options);
      left--;
      const all = command.input.RequestItems;
      return command instanceof BatchGetItemCommand ? { UnprocessedKeys: all } : { UnprocessedItems: all };
    };
    vi.spyOn(client, 'send').mockImplementation(leaving as never);
    expect(await keys.open('tenant/acme')).toHaveLength(32);
    left = 3;
    expect((await keys.destroy(['tenant/acme'])).get('tenant/acme')?.every(({ acknowledged }) => acknowledged)).toBe(
      true,
    );
    expect(left).toBe(0);
    expect(world.held('tenant/acme')).toBe(0);
  });
});

describe('signatures by KMS', () => {
  it('verify by public keys that stay on record when the settings name another key', async () => {
    const world = keyWorld();
    const before = await world.process().sign(world.kms.expects(Buffer.from('certificate')));
    const later = kmsKeyStore({ ...world.options, signingKey: 'another' });
    const after = await later.sign(world.kms.expects(Buffer.from('another certificate')));
    const known = await later.publicKeys();
    expect(known.map(({ kid }) => kid)).toEqual([after.kid, before.kid]);
    expect((await world.alone(1).publicKeys()).map(({ kid }) => kid)).toEqual([before.kid, after.kid]);
    const key = createPublicKey({ key: { ...known[1]! }, format: 'jwk' });
    const signed = Buffer.from('certificate');
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, before.signature)).toBe(true);
    expect(await later.list('')).toEqual([]);
    expect((await later.replicas()).map(({ keys }) => keys)).toEqual([0, 0]);
  });

  it('by a key that somebody slipped in are not believed', async () => {
    const world = keyWorld();
    await world.process().sign(world.kms.expects(Buffer.from('x')));
    const record = world.first.items().find(({ pk }) => pk?.S === 'signing')!;
    world.first.force({ ...record, sk: { S: 'another-kid' } });
    await expect(world.process().publicKeys()).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('need one Region only', async () => {
    const world = keyWorld();
    world.taps.tap = ({ region }) => {
      if (region === 'eu-west-1') throw away();
      return undefined;
    };
    const { kid } = await world.process().sign(world.kms.expects(Buffer.from('x')));
    expect((await world.process().publicKeys()).map((jwk) => jwk.kid)).toEqual([kid]);
  });
});

const key = ({ pk, sk }: { pk: string; sk: string }) => ({ pk: { S: pk }, sk: { S: sk } });
