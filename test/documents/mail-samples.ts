import type { MailContext } from '../../src/documents/mail-frame.ts';
import type { MailData, MailName } from '../../src/documents/render-mail.ts';

/** Somebody to write to. */
export const context: MailContext = {
  recipient: 'Ana Torres',
  operator: { name: 'Tenure Servicios SAS', email: 'datos@operator.example', phone: '+57 601 555 0100' },
  tenant: { id: 'acme', name: 'Acme Ltda.' },
  timezone: 'America/Bogota',
  simulation: false,
};

const erasure = {
  caseId: 'c-0123456789',
  reason: 'non-payment',
  scope: { tenant: 'acme' },
  authority: { clause: 'Clause 9.2: data of accounts in arrears are erased after notice', reference: 'AG-2024-17' },
  dueAt: '2026-12-23T04:59:59.999Z',
  destroyFrom: '2026-12-30T05:00:00.000Z',
  sources: [{ name: 'documents', location: '/srv/acme/documents', objects: 46_507, bytes: 1_740_000_000 }],
  copies: 38,
  invoices: [{ invoice: 'F-1001', amount: { currency: 'EUR', minor: 123_450 } }],
} as const;

/** One set of particulars per mail. */
export const samples: { [Name in MailName]: MailData[Name] } = {
  notice: { ...erasure, noticeDays: 30 },
  reminder: { ...erasure, daysLeft: 7, noticeSentAt: '2026-11-22T20:00:00.000Z' },
  cancellation: { caseId: 'c-0123456789', cancelledAt: '2026-12-20T15:00:00.000Z', cause: 'payment' },
  'confirm-code': {
    caseId: 'c-0123456789',
    scope: { tenant: 'acme', source: 'documents', paths: ['clients/ana/'] },
    code: '482 913',
    expiresAt: '2026-11-24T20:00:00.000Z',
    coolingOffDays: 7,
  },
  'interim-report': {
    caseId: 'c-0123456789',
    performedAt: '2026-12-30T06:00:00.000Z',
    remainder: [
      { place: 'copies: primary', what: 'object version', reason: 'locked', until: '2027-01-15T00:00:00.000Z' },
      { place: 'escrow', what: 'exported key', reason: 'its destruction is not attested' },
    ],
  },
  'deletion-report': {
    caseId: 'c-0123456789',
    certificateId: 'cert-0123456789',
    scope: { tenant: 'acme', source: 'documents' },
    objects: 46_507,
    bytes: 1_740_000_000,
    copies: 38,
    completedAt: '2026-12-30T06:10:00.000Z',
    attachments: ['cert-0123456789.pdf', 'cert-0123456789.json'],
  },
  alert: {
    alertId: 'a-77',
    kind: 'freshness',
    subject: 'acme/documents',
    message: 'The newest good copy is 31 days old.',
    openedAt: '2026-11-22T20:00:00.000Z',
    count: 3,
    hint: 'Run the backup by hand and read its report.',
  },
  'backup-failed': {
    source: 'documents',
    run: 'backup-daily-2026-11-22',
    failedAt: '2026-11-22T20:00:00.000Z',
    reason: 'prepare command ended with exit code 3',
    lastGoodAt: '2026-11-21T07:00:00.000Z',
  },
  'copy-aging': {
    source: 'documents',
    newestCopyAt: '2026-09-23T07:00:00.000Z',
    ageDays: 60,
    expiresAt: '2026-12-22T07:00:00.000Z',
  },
  'operator-approval-wanted': {
    caseId: 'c-0123456789',
    reason: 'non-payment',
    scope: { tenant: 'acme' },
    openedBy: 'operator:luis',
    dueAt: '2026-12-23T04:59:59.999Z',
  },
};

export const mailNames = Object.keys(samples) as MailName[];
