import { describe, expect, it } from 'vitest';
import { parseMoney } from '../../src/cli/money.ts';
import { InvalidError } from '../../src/domain/errors.ts';

describe('amounts', () => {
  it.each([
    ['12.50', 'EUR', 1250],
    ['12.5', 'eur', 1250],
    ['12', 'USD', 1200],
    ['0.01', 'USD', 1],
    ['1200', 'JPY', 1200],
    ['1.234', 'KWD', 1234],
    ['999999999999.99', 'EUR', 99999999999999],
  ])('%s %s are %i in the smallest unit', (amount, currency, minor) => {
    expect(parseMoney(amount, currency)).toEqual({ currency: currency.toUpperCase(), minor });
  });

  it.each([
    ['12.505', 'EUR'],
    ['1.5', 'JPY'],
    ['12,50', 'EUR'],
    ['-1', 'EUR'],
    ['0', 'EUR'],
    ['1e3', 'EUR'],
    ['', 'EUR'],
    ['1', 'XXQ'],
    ['1', ''],
  ])('"%s" in "%s" is refused', (amount, currency) => {
    expect(() => parseMoney(amount, currency)).toThrow(InvalidError);
  });
});
