import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCase } from '../../src/use-cases/open-case.ts';
import { placeHold } from '../../src/use-cases/place-hold.ts';
import { takeFinanceEvent } from '../../src/use-cases/take-finance-event.ts';
import { codeIn, linkIn } from '../stories/mail-server.ts';
import { finance, operator } from '../workflows/memory-home.ts';
import { expectGood, openBrowser, press, tabTo, type Width } from './browser.ts';
import { noBrowser } from './chromium.ts';
import { servedHome } from './served-home.ts';

const dayMs = 24 * 3600_000;

describe.skipIf(noBrowser !== undefined)(`the page of a case in a browser without scripts${noBrowser ?? ''}`, () => {
  it.each<Width>(['phone', 'desktop'])(
    'is walked with the keyboard from the mail to the verified certificate (%s)',
    async (width) => {
      const { home, process, url, mails } = await servedHome();
      await home.tenant('acme', { name: 'Acme Hosting & Söhne' });
      await home.source('acme', 'files');
      await process.run('backup');
      const actor = { kind: 'customer', id: 'acme' } as const;
      await openCase.typed(process.deps, { tenant: 'acme', reason: 'customer-request', actor });
      const [mail] = mails;
      if (mail === undefined) throw new Error('no mail has arrived');
      expect(mail.to).toBe('ann@acme.example');
      const { page } = await openBrowser(width, url);

      await page.goto(linkIn(mail));
      expect(await page.title()).toMatch(/^SIMULATION/);
      await expectGood(page, `${width}-1-waits-for-code`);
      await tabTo(page, '#f-confirm');
      await page.keyboard.type('WRONGXXX');
      await press(page, 'Enter');
      expect(await page.getByRole('alert').textContent()).toContain('4 more tries are left');
      await expectGood(page, `${width}-2-wrong-code`);
      await tabTo(page, '#f-confirm');
      await page.keyboard.type(codeIn(mail).toLowerCase());
      await press(page, 'Enter');
      expect(await page.getByRole('status').textContent()).toContain('Your request is confirmed');
      await expectGood(page, `${width}-3-confirmed`);

      await page.getByRole('link', { name: 'Deutsch' }).press('Enter');
      await page.waitForURL(/lang=de/);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^Löschvorgang/);
      await expectGood(page, `${width}-4-german`);
      await page.getByRole('link', { name: 'Español' }).press('Enter');
      await page.waitForURL(/lang=es/);
      await expectGood(page, `${width}-5-spanish`);
      await page.goto(`${linkIn(mail)}?lang=en`);

      for (let day = 0; day < 20; day++) {
        home.clock.pass(dayMs);
        await process.run('notice');
      }
      await page.reload();
      expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe('The data are erased');
      await expectGood(page, `${width}-6-erased`);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download the certificate (PDF)' }).press('Enter'),
      ]);
      expect(
        readFileSync(await download.path())
          .subarray(0, 5)
          .toString(),
      ).toBe('%PDF-');

      await page.getByRole('link', { name: 'Check a certificate' }).press('Enter');
      await page.waitForURL(/\/verify/);
      await expectGood(page, `${width}-7-verify`);
      await page.locator('#f-file').setInputFiles(await download.path());
      await tabTo(page, 'button');
      await press(page, 'Enter');
      expect(await page.getByRole('status').textContent()).toContain('genuine and unchanged');
      await expectGood(page, `${width}-8-verified`);
      await page
        .locator('#f-file')
        .setInputFiles({ name: 'x.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 forged') });
      await tabTo(page, 'button');
      await press(page, 'Enter');
      expect(await page.getByRole('alert').textContent()).toContain('This is not a valid certificate');
      await expectGood(page, `${width}-9-forged`);
    },
  );

  it.each<Width>(['phone', 'desktop'])('lets a customer who owes object, and shows a hold (%s)', async (width) => {
    const { home, process, url, mails } = await servedHome();
    Object.assign(process.deps.settings, { paymentUrl: 'https://pay.example.com/acme' });
    const amount = { currency: 'EUR', minor: 123_450 };
    await home.tenant('acme', { agreement: { reference: 'AG-2024-17' } });
    await home.source('acme', 'documents');
    await process.run('backup');
    for (const invoice of ['F-2026-0117', 'F-2026-0233'])
      await takeFinanceEvent.typed(process.deps, { tenant: 'acme', type: 'unpaid', invoice, amount, actor: finance });
    await process.run('notice');
    const mail = mails.find(({ text }) => text.includes('/c/c-'));
    if (mail === undefined) throw new Error('no notice has arrived');
    const { page } = await openBrowser(width, url);
    await page.goto(linkIn(mail));
    await expectGood(page, `${width}-a-owes`);
    const [copy] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download a copy (ZIP)' }).press('Enter'),
    ]);
    expect(copy.suggestedFilename()).toMatch(/^c-[0-9a-f]{10}\.zip$/);
    expect(readFileSync(await copy.path()).includes('documents/a.txt')).toBe(true);
    const pay = page.getByRole('link', { name: 'Pay now' });
    expect(await pay.getAttribute('href')).toBe('https://pay.example.com/acme');
    for (let n = 0; n < 4; n++) {
      const again = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download a copy (ZIP)' }).press('Enter');
      await (await again).path();
    }
    await tabTo(page, '#export button');
    await press(page, 'Enter');
    expect(await page.getByRole('alert').textContent()).toContain('several times today');
    await expectGood(page, `${width}-a2-copied-too-often`);
    await page.goto(`${linkIn(mail)}?lang=de`);
    await expectGood(page, `${width}-a3-owes-german`);
    await page.goto(`${linkIn(mail)}?lang=es`);
    await expectGood(page, `${width}-a4-owes-spanish`);
    await page.goto(`${linkIn(mail)}?lang=en`);
    await tabTo(page, '#f-object');
    await page.keyboard.type('<b>We have paid</b> on Monday.');
    await tabTo(page, '#object button');
    await press(page, 'Enter');
    expect(await page.getByRole('status').textContent()).toContain('Your objection has arrived');
    expect(await page.locator('section').last().locator('b').count()).toBe(0);
    expect(await page.getByText('<b>We have paid</b> on Monday.').count()).toBe(1);
    await placeHold.typed(process.deps, { tenant: 'acme', reason: 'Miller against Acme', actor: operator });
    await page.reload();
    await expectGood(page, `${width}-b-held`);
    await page.goto(`${url}/c/c-0123456789/nonsense`);
    await expectGood(page, `${width}-c-no-link`);
  });
});
