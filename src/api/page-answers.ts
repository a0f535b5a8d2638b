import type { Context, MiddlewareHandler } from 'hono';
import { renderNoCasePage } from '../documents/pages/case-page.ts';
import { renderVerifyPage } from '../documents/pages/verify-page.ts';
import type { ApiEnv } from './api.ts';
import { localeOf, sendPage } from './page-route.ts';

const told = { 413: 'tooLarge', 429: 'tooMany', 503: 'later' } as const;

/**
 * Pages are for people, and what comes before a page (limits, the size of a body) answers problems for programs: those that a person
 * may meet are told in words.
 */
export const pageAnswers: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const status = ([413, 429, 503] as const).find((each) => each === c.res.status);
  if (status === undefined || !c.res.headers.get('content-type')?.startsWith('application/problem+json')) return;
  // Where not even the home could be opened, there is nobody to speak for.
  if (c.get('deps') === undefined) return;
  c.res = await sendPage(c, textOf(c, status), status);
};

function textOf(c: Context<ApiEnv>, status: keyof typeof told): string {
  const { settings, clock } = c.get('deps');
  const locale = localeOf(c, c.req.query('lang'));
  const frame = { company: settings.company, simulation: clock.simulated };
  if (c.req.path === '/verify' && status === 413)
    return renderVerifyPage({ ...frame, outcome: { fault: 'tooLarge' } }, locale);
  return renderNoCasePage(told[status], { ...frame, locale, reach: settings.operator.email });
}
