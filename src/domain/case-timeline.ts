import type { Case, TimelineEntry } from './case.ts';
import { type Refusal, refuse } from './case-decision.ts';
import type { CaseEvent, CaseEventType } from './case-events.ts';

/** Bytes of notes that a timeline keeps in full: a case is one row of 256 KiB, and what ends it must always find room in it. */
const notesInFull = 64 * 1024;

/** Characters that are kept of a note beyond {@link notesInFull}. The ledger has all of it, sealed. */
const keptCharacters = 40;

/**
 * Lines about one kind of event by one side that are kept: the first, which tell how it came, and the newest, by which limits count.
 * What remains without a date is looked at daily, for years if need be. The ledger has every event.
 */
const keptLines = { first: 20, newest: 20 };

/** Lines of one kind that a customer may add to a case. */
export const mostOwnLines = 20;

/** What a customer can do again and again. Codes have a limit of their own, and taking back is done once. */
const repeatable = new Set<CaseEventType>(['object', 'dispute', 'extend', 'keep-until']);

/** The case with a line for the event. Nothing else makes one. */
export function recorded(value: Case, event: CaseEvent, now: string): Case {
  const { actor, type } = event;
  const note = kept(value.timeline, noteOf(event));
  const entry: TimelineEntry = {
    at: now,
    event: type,
    actor,
    status: value.status,
    ...(note !== undefined && { note }),
  };
  return { ...value, timeline: thinned([...value.timeline, entry], entry) };
}

function thinned(timeline: TimelineEntry[], { event, actor }: TimelineEntry): TimelineEntry[] {
  const alike = timeline.filter((line) => line.event === event && line.actor.kind === actor.kind);
  if (alike.length <= keptLines.first + keptLines.newest) return timeline;
  return timeline.filter((line) => line !== alike[keptLines.first]);
}

/** Why a customer may not change the case once more by an event like this; undefined: it may. */
export function tooManyLines(value: Case | undefined, { actor, type }: CaseEvent): Refusal | undefined {
  if (actor.kind !== 'customer' || !repeatable.has(type)) return undefined;
  const own = value?.timeline.filter((line) => line.event === type && line.actor.kind === 'customer') ?? [];
  if (own.length < mostOwnLines) return undefined;
  const message = `the customer has done this ${mostOwnLines} times in this case`;
  return refuse('blocked', message, 'Write to the operator, who can do it instead.');
}

function kept(timeline: readonly TimelineEntry[], note: string | undefined): string | undefined {
  if (note === undefined) return undefined;
  const bytes = [...timeline.map((line) => line.note ?? ''), note].reduce(
    (sum, each) => sum + Buffer.byteLength(JSON.stringify(each)),
    0,
  );
  // By code points: half a character is none.
  const characters = bytes > notesInFull ? [...note] : [];
  return characters.length > keptCharacters ? `${characters.slice(0, keptCharacters).join('')}…` : note;
}

/** What of the event is worth a line; never the code that a customer entered. */
function noteOf(event: CaseEvent): string | undefined {
  switch (event.type) {
    case 'promise':
    case 'extend':
    case 'keep-until':
      return `until ${event.until}`;
    case 'notice-sent':
    case 'notice-level':
      return `${event.delivery}: ${event.level}`;
    case 'notice-recorded':
      return `${event.channel}: ${event.level}`;
    case 'bounce':
      return `${event.delivery}: ${event.reason}`;
    case 'paid':
    case 'part-paid': {
      const value = 'valueDate' in event && event.valueDate !== undefined ? `, value date ${event.valueDate}` : '';
      return `${event.invoice ?? 'all invoices'}${value}`;
    }
    case 'begin-step':
      return event.step;
    case 'begin-erasure':
      return `attempt ${event.attempt}`;
    case 'certify':
      return event.certificate;
    case 'open':
    case 'dispute':
    case 'object':
    case 'settle':
    case 'cancel':
      return event.note;
    default:
      return undefined;
  }
}
