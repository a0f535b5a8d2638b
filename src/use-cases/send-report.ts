import type { Deps } from '../deps.ts';
import { renderMail } from '../documents/render-mail.ts';
import type { Case } from '../domain/case.ts';
import { InvalidError, NotFoundError } from '../domain/errors.ts';
import type { NoticeRecord } from '../domain/notice.ts';
import type { Attachment } from '../ports/mailer.ts';
import { certificates, notices, tenants } from '../records.ts';
import { useCase } from '../use-case.ts';
import { caseLink } from './case-link.ts';
import { caseOfRun, changeErasure, erasureItemsOf, erasureOf } from './erasure-state.ts';
import { forgetInventory, inventoryKept } from './hand-over-inventory.ts';
import { inventoryPieces, openPiece } from './inventory-pieces.ts';
import { raiseAlert } from './raise-alert.ts';
import { runInput } from './run-items.ts';
import { mailContext } from './send-case-mail.ts';
import { withoutAddresses } from './without-addresses.ts';

/**
 * Inventories beyond this are not mailed; the operator hands them over, and they stay sealed until then. Base64 makes 8.7 MB of
 * it, and with the certificate the mail stays below the 10 MB that Amazon SES and many mailboxes take.
 */
const largestInventory = 6 * 1024 * 1024;

/** Mails the deletion report with the certificate (PDF and JSON) and the inventory to every contact, each once. */
export const sendReport = useCase(runInput, async (deps, { run }) => {
  const value = await caseOfRun(deps, run);
  const tenant = (await tenants.read(deps.table, value.tenant))?.value;
  const issued = (await certificates.read(deps.table, value.id))?.value;
  if (tenant === undefined || issued === undefined)
    throw new NotFoundError(`case ${value.id} has no certificate to report`);
  const erasure = await erasureOf(deps, value.id);
  if (erasure.reportedAt !== undefined) return { outcome: 'reported' as const };
  const items = await erasureItemsOf(deps, value.id);
  const inventory = await inventoriesOf(deps, value);
  const attachments: Attachment[] = [
    { filename: `${issued.id}.pdf`, contentType: 'application/pdf', content: await deps.evidence.get(issued.pdf) },
    { filename: `${issued.id}.json`, contentType: 'application/json', content: await deps.evidence.get(issued.json) },
    ...(inventory ?? []),
    {
      filename: 'tenure-keys.json',
      contentType: 'application/jwk-set+json',
      content: Buffer.from(`${JSON.stringify({ keys: await deps.keys.publicKeys() }, null, 2)}\n`),
    },
  ];
  const link = await caseLink(deps, value);
  for (const [index, contact] of tenant.contacts.entries()) {
    const id = `deletion-report.${value.id}.${index}`;
    const known = (await notices.read(deps.table, value.id, id))?.value;
    if (known?.status === 'sent') continue;
    const record: NoticeRecord = {
      caseId: value.id,
      id,
      template: 'deletion-report',
      status: 'intended',
      intendedAt: deps.clock.now(),
    };
    await deps.table.transact([notices.write(record)]);
    const mail = renderMail('deletion-report', tenant.locale, {
      ...mailContext(deps, tenant, contact),
      ...(link === undefined ? {} : { link }),
      caseId: value.id,
      certificateId: issued.id,
      scope: value.scope,
      objects: items.reduce((sum, item) => sum + item.objects, 0),
      bytes: items.reduce((sum, item) => sum + item.bytes, 0),
      copies: items.reduce((sum, item) => sum + item.snapshots, 0),
      completedAt: erasure.sweptAt ?? issued.issuedAt,
      attachments: attachments.map((attachment) => attachment.filename),
    });
    const to = { name: contact.name, address: contact.email };
    try {
      const receipt = await deps.mailer.send({
        id: `deletion-report/${value.id}/${index}`,
        to,
        language: tenant.locale,
        sentAt: deps.clock.now(),
        ...mail,
        attachments,
      });
      const { messageId, level, providerId } = receipt;
      const reportedAs = providerId === undefined ? {} : { providerId };
      const response = withoutAddresses(receipt.response);
      await deps.table.transact([
        notices.write({ ...record, status: 'sent', messageId, ...reportedAs, level, response }),
      ]);
    } catch (error) {
      // An address that is refused for good must not keep the case open: the erasure is done and certified.
      if (!(error instanceof InvalidError)) throw error;
      await deps.table.transact([
        notices.write({ ...record, status: 'failed', response: withoutAddresses(error.message) }),
      ]);
      const message = `The deletion report of case ${value.id} could not be mailed to contact ${index + 1}: hand it over another way.`;
      await raiseAlert(deps, { kind: 'report-undeliverable', subject: value.id, message });
    }
  }
  await changeErasure(deps, value.id, (record) => ({ ...record, reportedAt: deps.clock.now() }));
  if (inventory !== undefined) await forgetInventory.typed(deps, { case: value.id });
  else {
    const message = `The inventory of case ${value.id} is too large to be mailed: write it out with \`tenure certificate inventory ${value.id} --out DIR\`, hand it to the customer, then run the command again with --handed-over.`;
    await raiseAlert(deps, { kind: inventoryKept, subject: value.id, message });
  }
  return { outcome: 'reported' as const };
});

/** One file per source; `undefined` when they are too large together to be mailed. */
async function inventoriesOf(deps: Deps, value: Case): Promise<Attachment[] | undefined> {
  const files: Attachment[] = [];
  let total = 0;
  for (const item of await erasureItemsOf(deps, value.id)) {
    if (item.inventory === undefined || item.inventoryRoot === undefined) continue;
    const pieces: Buffer[] = [];
    for await (const { key, size } of inventoryPieces(deps, item)) {
      total += size;
      if (total > largestInventory) return undefined;
      pieces.push(await openPiece(deps, item.tenant, key));
    }
    files.push({
      filename: `inventory-${item.source}.jsonl`,
      contentType: 'application/x-ndjson',
      content: Buffer.concat(pieces),
    });
  }
  return files;
}
