import { expect, it } from 'vitest';
import { simulatedHome } from './tenure.ts';

it('an attestation says what it lacks: a case, its options, an erasure that has begun', async () => {
  const home = await simulatedHome((at) => at.folder('data'));
  const proof = ['--source', 'files', '--by', 'Dora Database', '--evidence', 'change 4711'];
  await home.ends(3, 'case', 'attest', 'c-none', ...proof);
  const { id } = await home.json<{ id: string }>(0, 'case', 'open', '--tenant', 'acme', '--reason', 'obsolete');
  const { stderr } = await home.ends(5, 'case', 'attest', id, ...proof);
  expect(stderr).toContain(`nothing is being erased for case ${id}`);
  await home.ends(2, 'case', 'attest', id, '--source', 'files', '--by', 'Dora Database');
});
