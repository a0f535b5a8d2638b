import { BlockedError, UnavailableError } from '../domain/errors.ts';
import type { ExpiryShare } from '../domain/gate.ts';
import { destroyCondemnedKeys } from '../repository/expire.ts';
import { useCase } from '../use-case.ts';
import { askGate } from './ask-gate.ts';
import { itemInput, itemOf, saveItem, subjectOf } from './run-items.ts';

/** Destroys the root keys of condemned copies: from then on nothing opens them, wherever their objects may still lie. */
export const destroyCopyKeys = useCase(itemInput, async (deps, { run, item: ordinal }) => {
  const item = await itemOf(deps, run, ordinal);
  const { tenant, source } = await subjectOf(deps, item);
  const scope = { tenant: tenant.id, source: source.name };
  const answer = await askGate(
    deps,
    { kind: 'expiry', scope, caseStep: 'destroy keys' },
    { expiry: item.facts.share as ExpiryShare },
  );
  if (!answer.allowed) throw new BlockedError(answer.reasons.map((reason) => reason.message).join('; '));
  const { destroyed, refused } = await destroyCondemnedKeys(deps, tenant.id, source.name);
  if (refused.length > 0) {
    throw new UnavailableError(`${refused.length} keys are not destroyed in every replica`, {
      hint: '`tenure doctor` shows which replica does not answer.',
      details: { keys: refused.map((refusal) => refusal.key) },
    });
  }
  await saveItem(deps, item, { facts: { keysDestroyed: destroyed.length } });
  return { outcome: 'destroyed' as const };
});
