import { expect, it } from 'vitest';
import type { Case, TimelineEntry } from '../../src/domain/case.ts';
import { withoutCallers } from '../../src/domain/case-callers.ts';
import type { Actor } from '../../src/domain/case-events.ts';

const entry = (actor: Actor): TimelineEntry => ({
  at: '2026-03-02T10:00:00.000Z',
  event: 'cancel',
  actor,
  status: 'opened',
});
const gerda: Actor = { kind: 'customer', id: 'gerda@gulls.example' };
const gustav: Actor = { kind: 'customer', id: 'gustav@gulls.example' };
const page: Actor = { kind: 'customer', id: 'acme' };
const olga: Actor = { kind: 'operator', id: 'olga' };

const named = {
  tenant: 'acme',
  openedBy: gerda,
  authority: { clause: 'c', reference: 'r', by: gerda.id, at: '' },
  approval: { by: olga.id, at: '' },
  timeline: [gerda, page, olga, gustav, gerda].map(entry),
  status: 'cancelled',
  cancelledBy: gustav,
} as unknown as Case;

it('callers of the customer are told apart by number alone; the tenant itself and the operator stay', () => {
  const value = withoutCallers(named);
  expect(value.timeline.map(({ actor }) => actor.id)).toEqual(['caller-1', 'acme', 'olga', 'caller-2', 'caller-1']);
  expect(value).toMatchObject({
    openedBy: { kind: 'customer', id: 'caller-1' },
    cancelledBy: { kind: 'customer', id: 'caller-2' },
    authority: { by: 'caller-1' },
    approval: { by: 'olga' },
  });
  expect(JSON.stringify(value)).not.toContain('gulls.example');
});

it('doing it again changes nothing', () => {
  const once = withoutCallers(named);
  expect(withoutCallers(once)).toEqual(once);
});
