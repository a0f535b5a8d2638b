import type { CaseReason } from '../domain/authority.ts';
import type { Money } from '../domain/finance.ts';
import type { Scope } from '../domain/scope.ts';
import type { Locale } from '../domain/tenant.ts';

/** Says values in one language and time zone. */
export interface Phrases {
  locale: Locale;
  /** `22 November 2026` */
  date(at: string): string;
  /** `22 November 2026, 23:59 (America/Bogota)`: the zone is named, since a deadline depends on it. */
  dateTime(at: string): string;
  /** `22 Nov 2026, 23:59:07`, for tables that name the zone once. */
  moment(at: string): string;
  /** With the language's separators. */
  number(value: number): string;
  /** Decimal units with three digits: `1.74 GB`. */
  bytes(value: number): string;
  /** `€12.50`; the currency's own digits. */
  money(value: Money): string;
  /** `3 days`, in the language's plural. */
  count(value: number, noun: Noun): string;
  /** A number of days after a preposition: `30 days`, `30 Tagen`. */
  period(days: number): string;
  /** The whole scope in one line. */
  scope(scope: Scope): string;
  /** The scope without its paths, which are then listed. */
  scopeHead(scope: Scope): string;
  reason(reason: CaseReason): string;
}

/** Things that are counted in documents. */
export type Noun = 'day' | 'object' | 'copy' | 'path' | 'byte';

// English dates are written as in en-GB: day, month in words, year can be misread by nobody.
const bcp47: Record<Locale, string> = { es: 'es', en: 'en-GB', de: 'de' };

const nouns: Record<Locale, Record<Noun, [one: string, other: string]>> = {
  es: {
    day: ['día', 'días'],
    object: ['objeto', 'objetos'],
    copy: ['copia', 'copias'],
    path: ['ruta', 'rutas'],
    byte: ['byte', 'bytes'],
  },
  en: {
    day: ['day', 'days'],
    object: ['object', 'objects'],
    copy: ['copy', 'copies'],
    path: ['path', 'paths'],
    byte: ['byte', 'bytes'],
  },
  de: {
    day: ['Tag', 'Tage'],
    object: ['Objekt', 'Objekte'],
    copy: ['Kopie', 'Kopien'],
    path: ['Pfad', 'Pfade'],
    byte: ['Byte', 'Byte'],
  },
};

const reasons: Record<Locale, Record<CaseReason, string>> = {
  es: {
    'customer-request': 'solicitud del cliente',
    'non-payment': 'falta de pago',
    obsolete: 'datos obsoletos',
  },
  en: {
    'customer-request': 'request of the customer',
    'non-payment': 'non-payment',
    obsolete: 'obsolete data',
  },
  de: {
    'customer-request': 'Verlangen des Kunden',
    'non-payment': 'Zahlungsverzug',
    obsolete: 'nicht mehr benötigte Daten',
  },
};

const periods: Record<Locale, [one: string, other: string]> = {
  es: ['un día', 'días'],
  en: ['one day', 'days'],
  de: ['einem Tag', 'Tagen'],
};

const scopes: Record<Locale, { whole: string; source: (name: string) => string; paths: (name: string) => string }> = {
  es: {
    whole: 'todos los datos del cliente, en todas sus fuentes',
    source: (name) => `todos los datos de la fuente «${name}»`,
    paths: (name) => `lo siguiente de la fuente «${name}»:`,
  },
  en: {
    whole: 'all data of the customer, in all sources',
    source: (name) => `all data of the source “${name}”`,
    paths: (name) => `the following of the source “${name}”:`,
  },
  de: {
    whole: 'alle Daten des Kunden, in allen Quellen',
    source: (name) => `alle Daten der Quelle „${name}“`,
    paths: (name) => `Folgendes aus der Quelle „${name}“:`,
  },
};

/** Phrases of a language, with dates in an IANA time zone. */
export function phrases(locale: Locale, timezone: string): Phrases {
  const tag = bcp47[locale];
  const day = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: timezone });
  const time = new Intl.DateTimeFormat(tag, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: timezone,
  });
  const moment = new Intl.DateTimeFormat(tag, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: timezone,
  });
  const number = new Intl.NumberFormat(tag);
  const plural = new Intl.PluralRules(tag);
  return {
    locale,
    date: (at) => day.format(new Date(at)),
    dateTime: (at) => `${day.format(new Date(at))}, ${time.format(new Date(at))} (${timezone})`,
    moment: (at) => moment.format(new Date(at)),
    number: (value) => number.format(value),
    bytes: (value) => formatBytes(value, tag),
    money: ({ currency, minor }) => formatMoney(currency, minor, tag),
    count: (value, noun) => {
      const [one, other] = nouns[locale][noun];
      return `${number.format(value)} ${plural.select(value) === 'one' ? one : other}`;
    },
    period: (days) => {
      const [one, other] = periods[locale];
      return plural.select(days) === 'one' ? one : `${number.format(days)} ${other}`;
    },
    scope: (scope) => [scopeHead(scope, locale), scope.paths?.join(', ')].filter(Boolean).join(' '),
    scopeHead: (scope) => scopeHead(scope, locale),
    reason: (reason) => reasons[locale][reason],
  };
}

function scopeHead({ source, paths }: Scope, locale: Locale): string {
  const words = scopes[locale];
  if (source === undefined) return words.whole;
  return paths === undefined ? words.source(source) : words.paths(source);
}

function formatBytes(value: number, tag: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const text = new Intl.NumberFormat(tag, unit === 0 ? {} : { maximumSignificantDigits: 3 }).format(amount);
  return `${text} ${units[unit]}`;
}

function formatMoney(currency: string, minor: number, tag: string): string {
  const format = new Intl.NumberFormat(tag, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}
