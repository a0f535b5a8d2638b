import { InvalidError } from '../domain/errors.ts';
import type { Money } from '../domain/finance.ts';

/**
 * `12.50` and `EUR` as an amount in the currency's smallest unit. How many digits that has is what ICU says (ISO 4217: EUR 2,
 * JPY 0, KWD 3); nothing is rounded.
 *
 * @throws InvalidError for no currency, no amount, zero, or more digits than the currency has
 */
export function parseMoney(amount: string, currency: string): Money {
  const code = currency.toUpperCase();
  const digits = digitsOf(code);
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,4}))?$/.exec(amount) ?? [];
  if (whole === undefined || fraction.length > digits) {
    throw new InvalidError(`"${amount}" is no amount in ${code}`, {
      hint: `Write it like ${(12.5).toFixed(digits)}, with a point and at most ${digits} digits after it.`,
    });
  }
  const minor = Number(`${whole}${fraction.padEnd(digits, '0')}`);
  if (minor > 0 && Number.isSafeInteger(minor)) return { currency: code, minor };
  throw new InvalidError(`"${amount}" is no amount that can be owed or paid`, {
    hint: 'Leave --amount out where none is known.',
  });
}

/** An amount as it is entered: `12.50 EUR`. */
export function moneyText({ currency, minor }: Money): string {
  const digits = digitsIn(currency);
  return `${(minor / 10 ** digits).toFixed(digits)} ${currency}`;
}

function digitsOf(code: string): number {
  if (!Intl.supportedValuesOf('currency').includes(code)) {
    throw new InvalidError(`"${code}" is no currency`, {
      hint: 'Name it by its ISO 4217 code, for instance EUR or COP.',
    });
  }
  return digitsIn(code);
}

function digitsIn(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}
