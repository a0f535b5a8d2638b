import { expect, test } from 'vitest';
import { releaseLease, renewLease, takeLease } from '../../src/repository/lease.ts';
import { memoryRepository } from './engine.ts';

test('a lease is one holder’s until it lapses, is given back, or its holder dies', async () => {
  const repo = await memoryRepository();
  const first = await takeLease(repo, 'sweep', 'a', 1000);
  if ('heldBy' in first) throw new Error('held');
  expect(await takeLease(repo, 'sweep', 'b', 1000)).toEqual({ heldBy: 'a' });
  repo.clock.pass(1001);
  const second = await takeLease(repo, 'sweep', 'b', 1000);
  expect(second).toMatchObject({ holder: 'b', token: first.token + 1 });
  await expect(renewLease(repo, first, 1000)).rejects.toMatchObject({ code: 'conflict' });
  await releaseLease(repo, first);
  expect(await takeLease(repo, 'sweep', 'a', 1000)).toEqual({ heldBy: 'b' });
  const third = await takeLease({ ...repo, holderAlive: () => false }, 'sweep', 'a', 1000);
  if ('heldBy' in third) throw new Error('held');
  await releaseLease(repo, third);
  const fourth = await takeLease(repo, 'sweep', 'c', 1000);
  // A token never returns, also after the lease was given back.
  expect(fourth).toMatchObject({ holder: 'c', token: third.token + 2 });
});

test('of two that take a free lease at once, one gets it', async () => {
  const repo = await memoryRepository();
  const taken = await Promise.all(['a', 'b', 'c'].map((holder) => takeLease(repo, 'x', holder, 1000)));
  expect(taken.filter((lease) => !('heldBy' in lease))).toHaveLength(1);
});
