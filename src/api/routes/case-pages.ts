import type { Context } from 'hono';
import { type CaseOutcome, renderCasePage, renderNoCasePage } from '../../documents/pages/case-page.ts';
import type { Case } from '../../domain/case.ts';
import { customerWays } from '../../domain/customer-ways.ts';
import { NotFoundError, UnavailableError } from '../../domain/errors.ts';
import { cases } from '../../records.ts';
import { answerCase } from '../../use-cases/answer-case.ts';
import { formToken, isFormToken, openCaseLink } from '../../use-cases/case-link.ts';
import { readCertificate } from '../../use-cases/read-certificate.ts';
import { viewCase } from '../../use-cases/view-case.ts';
import type { Api, ApiEnv } from '../api.ts';
import { formFields, localeOf, page, sendPage } from '../page-route.ts';
import { recordRefusal } from '../refusals.ts';
import { answerExport } from './case-export.ts';

const path = '/c/{case}/{token}';

/** The page of a case, for its customer, reached by the link in a mail. Looking never changes anything: programs follow links. */
export function defineCasePages(app: Api): void {
  page(app, 'get', path, async (c) =>
    shown(c, async (value) => {
      const asked = customerWays.find((way) => way === c.req.query('done'));
      // Said only where it is on record: the address alone could claim anything.
      const done = value.timeline.some(
        ({ event, actor, status }) =>
          event === asked && actor.kind === 'customer' && !(event === 'confirm' && status === 'opened'),
      );
      return await casePage(c, value, c.req.query('lang'), asked !== undefined && done ? { done: asked } : {});
    }),
  );

  page(app, 'post', path, async (c) =>
    shown(c, async (value) => {
      const fields = await formFields(c);
      const way = fields.way === 'export' ? fields.way : customerWays.find((known) => known === fields.way);
      const foreign = c.req.header('sec-fetch-site') === 'cross-site';
      if (way === undefined || foreign || !(await isFormToken(c.get('deps'), value, fields.form ?? ''))) {
        await recordRefusal(c, 'form');
        const fault = { way: way ?? 'object', code: 'stale' } as const;
        return await casePage(c, value, fields.lang, { fault, entered: fields }, 403);
      }
      if (way === 'export') {
        const answer = await answerExport(c, value);
        if (answer instanceof Response) return answer;
        return await casePage(c, value, fields.lang, answer, answer.fault === undefined ? 200 : 409);
      }
      const { code, note, until } = fields;
      const fault = await answerCase(c.get('deps'), value, {
        way,
        ...(code === undefined ? {} : { code }),
        ...(note === undefined ? {} : { note }),
        ...(until === undefined ? {} : { until }),
      });
      if (fault === undefined) {
        // Relative to this address, so that it holds behind any proxy.
        return c.redirect(`?lang=${localeOf(c, fields.lang, 'en')}&done=${way}`, 303);
      }
      const now = (await cases.read(c.get('deps').table, value.id))?.value ?? value;
      const conflict = fault.code === 'not-now' || fault.code === 'gone' || fault.code === 'too-many';
      return await casePage(c, now, fields.lang, { fault, entered: fields }, conflict ? 409 : 400);
    }),
  );

  for (const [format, type] of [
    ['json', 'application/json'],
    ['pdf', 'application/pdf'],
  ] as const) {
    page(app, 'get', `${path}/certificate.${format}`, async (c) =>
      shown(c, async ({ id }) => {
        const { file, record } = await readCertificate.typed(c.get('deps'), { case: id, format });
        return c.body(new Uint8Array(file), 200, {
          'content-type': type,
          'content-disposition': `attachment; filename="${record.id}.${format}"`,
        });
      }),
    );
  }
}

/** Opens the link and shows what it leads to; a wrong one is counted, and answered in the same words whatever is wrong with it. */
async function shown(c: Context<ApiEnv>, show: (value: Case) => Promise<Response>): Promise<Response> {
  const deps = c.get('deps');
  try {
    const value = await openCaseLink(deps, c.req.param('case') ?? '', c.req.param('token') ?? '').catch(
      async (error: unknown) => {
        if (error instanceof NotFoundError) await recordRefusal(c, 'link');
        throw error;
      },
    );
    return await show(value);
  } catch (error) {
    const gone = error instanceof NotFoundError;
    if (!gone && !(error instanceof UnavailableError)) throw error;
    const { company, operator } = deps.settings;
    const words = { locale: localeOf(c, c.req.query('lang')), company, simulation: deps.clock.simulated };
    if (!gone) c.header('retry-after', '5');
    return sendPage(
      c,
      renderNoCasePage(gone ? 'gone' : 'later', { ...words, reach: operator.email }),
      gone ? 404 : 503,
    );
  }
}

async function casePage(
  c: Context<ApiEnv>,
  value: Case,
  lang: string | undefined,
  outcome: CaseOutcome,
  status: 200 | 400 | 403 | 409 = 200,
): Promise<Response> {
  const deps = c.get('deps');
  const { view, tenant } = await viewCase(deps, value);
  const text = renderCasePage(view, {
    ...outcome,
    locale: localeOf(c, lang, tenant.locale),
    formToken: await formToken(deps, value),
    linkToken: c.req.param('token') ?? '',
  });
  return sendPage(c, text, status);
}
