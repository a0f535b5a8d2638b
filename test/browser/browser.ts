import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { findChromium } from './chromium.ts';

export const widths = { phone: { width: 375, height: 740 }, desktop: { width: 1280, height: 900 } } as const;

export type Width = keyof typeof widths;

/** A browser of its own for a test. Without scripts, since pages must work so. */
export async function openBrowser(width: Width, origin: string): Promise<{ context: BrowserContext; page: Page }> {
  const browser = await chromium.launch({
    ...(await findChromium()),
    // A test machine often runs as root, where Chromium's sandbox cannot; the pages are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  onTestFinished(async () => await browser.close());
  const context = await browser.newContext({
    viewport: widths[width],
    javaScriptEnabled: false,
    locale: 'en-GB',
    // A stage whose certificate is its own.
    ignoreHTTPSErrors: origin.startsWith('https://127.0.0.1:'),
  });
  const page = await context.newPage();
  page.on('request', (request) => expect(request.url().startsWith(origin)).toBe(true));
  page.on('console', (message) => {
    // The browser logs a refused form as an error of the network, which it is not.
    if (message.type() === 'error' && !message.text().includes('status of 4')) throw new Error(message.text());
  });
  return { context, page };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules of WCAG 2.2 A and AA, and what axe counts as best practice. */
const axeOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };

/** Looks at what the page shows: fits its width, passes axe. Axe is a script, so a copy of the page is looked at, where scripts run. */
export async function expectGood(page: Page, name: string): Promise<void> {
  const folder = process.env.TENURE_SCREENSHOTS;
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
  const browser = page.context().browser();
  const viewport = page.viewportSize();
  const twin = await browser?.newContext({ viewport, bypassCSP: true });
  if (twin === undefined) throw new Error('the browser is closed');
  try {
    const copy = await twin.newPage();
    await copy.setContent(await page.content());
    const { scroll, inner } = await copy.evaluate<{ scroll: number; inner: number }>(
      '({ scroll: document.documentElement.scrollWidth, inner: innerWidth })',
    );
    expect(scroll, `${name} fits its width`).toBeLessThanOrEqual(inner);
    await copy.evaluate(axeSource);
    const { violations } = (await copy.evaluate(`axe.run(document, ${JSON.stringify(axeOptions)})`)) as AxeResults;
    expect(violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
      [],
    );
  } finally {
    await twin.close();
  }
}

/** Goes on with the Tab key until the element has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
  }
  throw new Error(`the Tab key does not lead to ${selector}`);
}

/** Sends the form of the button that has the focus, and waits for the answer. */
export async function press(page: Page, key: 'Enter'): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}
