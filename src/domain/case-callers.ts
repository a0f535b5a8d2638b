import type { Case } from './case.ts';
import type { Actor } from './case-events.ts';

/**
 * A case that names no caller of the customer's any more: their ids may be mail addresses. Within the case they stay told apart, as
 * `caller-1`, `caller-2` in the order in which they first acted. The tenant's own id stays, and so do the operator's people.
 * Doing it again changes nothing.
 */
export function withoutCallers(value: Case): Case {
  const marks = marksOf(value);
  const named = (id: string) => marks.get(id) ?? id;
  const marked = (actor: Actor): Actor => (actor.kind === 'customer' ? { ...actor, id: named(actor.id) } : actor);
  const { authority, approval } = value;
  return {
    ...value,
    openedBy: marked(value.openedBy),
    timeline: value.timeline.map((entry) => ({ ...entry, actor: marked(entry.actor) })),
    ...(authority === undefined ? {} : { authority: { ...authority, by: named(authority.by) } }),
    ...(approval === undefined ? {} : { approval: { ...approval, by: named(approval.by) } }),
    ...(value.status === 'cancelled' ? { cancelledBy: marked(value.cancelledBy) } : {}),
  };
}

function marksOf(value: Case): Map<string, string> {
  const actors = [value.openedBy, ...value.timeline.map(({ actor }) => actor)];
  if (value.status === 'cancelled') actors.push(value.cancelledBy);
  const callers = actors.filter(({ kind, id }) => kind === 'customer' && id !== value.tenant).map(({ id }) => id);
  return new Map([...new Set(callers)].map((id, index) => [id, `caller-${index + 1}`]));
}
