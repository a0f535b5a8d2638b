import type { Locale } from '../../domain/tenant.ts';
import { escapeHtml } from '../blocks.ts';
import { style } from './style.ts';

/** A piece of HTML that is safe to put into a page. Only this file and {@link html} make one. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | undefined | false | readonly Value[];

/** HTML from a template: every value is escaped, except pieces that were made the same way. `undefined` and `false` are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: parts.map((part, index) => (index === 0 ? part : text(values[index - 1]) + part)).join('') };
}

function text(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('html' in value) return value.html;
  return value.map(text).join('');
}

/** A whole page before its frame is put around it. */
export interface PageContent {
  locale: Locale;
  title: string;
  /** Name of whoever runs Tenure. */
  company: string;
  simulation: boolean;
  /** Address of the same page in a language. */
  inLanguage: (locale: Locale) => string;
  main: Html;
  footer?: Html;
}

const frames: Record<Locale, { skip: string; languages: string; simulation: string }> = {
  es: {
    skip: 'Ir al contenido',
    languages: 'Idioma',
    simulation: 'SIMULACIÓN: entorno de prueba con reloj simulado. Lo que se muestra aquí no tiene efecto alguno.',
  },
  en: {
    skip: 'Skip to the content',
    languages: 'Language',
    simulation: 'SIMULATION: a trial environment with a simulated clock. What is shown here has no effect.',
  },
  de: {
    skip: 'Zum Inhalt',
    languages: 'Sprache',
    simulation: 'SIMULATION: Testumgebung mit simulierter Uhr. Was hier steht, hat keinerlei Wirkung.',
  },
};

const names: Record<Locale, string> = { es: 'Español', en: 'English', de: 'Deutsch' };

/** Languages of pages, in the order in which they are offered. */
export const pageLocales = ['es', 'en', 'de'] as const;

/** The page as a document. It works without scripts and loads nothing. */
export function pageOfContent({ locale, title, company, simulation, inLanguage, main, footer }: PageContent): string {
  const frame = frames[locale];
  const languages = pageLocales.map((other) =>
    other === locale
      ? html`<li><span aria-current="true">${names[other]}</span></li>`
      : html`<li><a href="${inLanguage(other)}" hreflang="${other}" lang="${other}">${names[other]}</a></li>`,
  );
  return html`<!DOCTYPE html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${simulation && 'SIMULATION · '}${title} · ${company}</title>
<style>${{ html: style }}</style>
</head>
<body>
<a class="skip" href="#main">${frame.skip}</a>
<header>
${simulation && html`<p class="sim">${frame.simulation}</p>`}
<div class="top"><p class="who">${company}</p>
<nav class="langs" aria-label="${frame.languages}"><ul>${languages}</ul></nav></div>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer class="end">${footer}</footer>
</body>
</html>
`.html;
}
