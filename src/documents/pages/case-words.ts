import type { CaseReason } from '../../domain/authority.ts';
import type { ShownEventType } from '../../domain/case.ts';
import type { ActorKind } from '../../domain/case-events.ts';
import type { CustomerWay } from '../../domain/customer-ways.ts';
import type { Channel, DeliveryLevel } from '../../domain/notice.ts';
import type { Locale } from '../../domain/tenant.ts';
import type { Phrases } from '../phrases.ts';
import type { CaseView, Fault, Standing } from './case-view.ts';
import { german } from './case-words-de.ts';
import { english } from './case-words-en.ts';
import { spanish } from './case-words-es.ts';

/** A headline and what it means. */
export interface Told {
  head: string;
  text: string;
}

/** Texts around one form. */
export interface WayWords {
  heading: string;
  text: (view: CaseView, say: Phrases) => string;
  label?: string;
  hint?: string;
  button: string;
  /** What is said once it was done. */
  done: string;
}

/** Every fixed word of the page of a case. */
export interface CaseWords {
  title: (id: string) => string;
  intro: Record<CaseReason, string>;
  standing: Record<Standing, (view: CaseView, say: Phrases) => Told>;
  held: string;
  obstacles: Record<CaseView['obstacles'][number], string>;
  obstaclesHead: string;
  daysLeft: (days: number, say: Phrases) => string;
  sections: Record<
    'what' | 'whatGone' | 'whatKept' | 'when' | 'why' | 'delivered' | 'ways' | 'course' | 'remainder' | 'certificate',
    string
  >;
  labels: Record<
    | 'case'
    | 'customer'
    | 'scope'
    | 'copies'
    | 'reason'
    | 'authority'
    | 'invoices'
    | 'due'
    | 'from'
    | 'days'
    | 'opened'
    | 'number'
    | 'issued'
    | 'digest'
    | 'objects'
    | 'until',
    string
  >;
  copies: (copies: string) => string;
  ownInstruction: (view: CaseView, say: Phrases) => string;
  noClock: Record<CaseReason, (view: CaseView, say: Phrases) => string>;
  nothingDelivered: string;
  channels: Record<Channel, string>;
  delivery: (channel: string, to: string | undefined) => string;
  planned: string;
  levels: Record<DeliveryLevel, string>;
  bounced: string;
  ways: Record<CustomerWay, WayWords>;
  pay: {
    heading: string;
    text: string;
    /** What to name with the payment. */
    quote: (invoices: string) => string;
    ask: (reach: string) => string;
    button: string;
    /** Where the button leads. */
    leads: (host: string) => string;
  };
  export: {
    heading: string;
    text: (found: NonNullable<CaseView['export']>, say: Phrases) => string;
    /** Sources of which no copy can be had here. */
    without: (names: string, reach: string) => string;
    ask: (reach: string) => string;
    button: string;
    /** Where a copy takes its time: it is on its way, then it lies ready behind a link. */
    preparing: string;
    ready: string;
    fetch: string;
  };
  otherwise: (reach: string) => string;
  nothingToDo: string;
  /** Leads from the top of the page to what can be done. */
  respond: string;
  or: string;
  events: Partial<Record<ShownEventType, string>>;
  by: Record<ActorKind, string>;
  remainder: { intro: string; until: (when: string) => string };
  certificate: { intro: string; pdf: string; json: string; verify: string };
  faults: (fault: Fault, view: CaseView, say: Phrases) => string;
  faultHead: string;
  doneHead: string;
  footer: (company: string, zone: string) => string;
  gone: Told;
  later: Told;
  tooMany: Told;
  tooLarge: Told;
}

const all: Record<Locale, CaseWords> = { es: spanish, en: english, de: german };

/** The words of a language. */
export function caseWords(locale: Locale): CaseWords {
  return all[locale];
}
