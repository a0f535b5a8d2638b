import type { Context } from 'hono';
import { pageLocales } from '../documents/pages/page.ts';
import { pagePolicy } from '../documents/pages/style.ts';
import type { Locale } from '../domain/tenant.ts';
import type { Api, ApiEnv } from './api.ts';
import { guard } from './guard.ts';

/**
 * Adds a page for people: public, outside the description of the API, in the table of accesses all the same. `path` as in the
 * description: `/c/{case}/{token}`.
 */
export function page(
  app: Api,
  method: 'get' | 'post',
  path: string,
  handler: (c: Context<ApiEnv>) => Promise<Response>,
): void {
  app.accesses.push({ method, path, access: 'public' });
  app[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), guard('public', path), handler);
}

/** Answers with a page, under the policy that lets it load nothing. */
export function sendPage(
  c: Context<ApiEnv>,
  text: string,
  status: 200 | 400 | 403 | 404 | 409 | 413 | 415 | 429 | 503 = 200,
) {
  c.header('content-security-policy', pagePolicy);
  c.header('x-robots-tag', 'noindex');
  return c.html(text, status);
}

/** A form of a page: its text fields. Other content than a form's is no form. */
export async function formFields(c: Context<ApiEnv>): Promise<Record<string, string>> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '')) return {};
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}

/** The language that is asked for: `?lang=`, else what is given, else what the browser prefers. */
export function localeOf(c: Context<ApiEnv>, asked: string | undefined, known?: Locale): Locale {
  const named = pageLocales.find((locale) => locale === asked);
  if (named !== undefined) return named;
  if (known !== undefined) return known;
  const wanted = (c.req.header('accept-language') ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().split(/;\s*q=/);
      return { language: tag.slice(0, 2).toLowerCase(), quality: Number(quality ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { language } of wanted) {
    const found = pageLocales.find((locale) => locale === language);
    if (found !== undefined) return found;
  }
  return 'en';
}
