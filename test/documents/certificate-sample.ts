import { type CertificateContent, certificateWording } from '../../src/domain/certificate.ts';

/** Content of a certificate such as an erasure of a whole tenant ends with. */
export const content: CertificateContent = {
  format: 'tenure-certificate/1',
  id: 'cert-0123456789',
  simulation: false,
  issuedAt: '2026-12-30T06:12:09.000Z',
  customer: { tenant: 'acme', name: 'Acme Müller & Peña Ltda.', timezone: 'America/Bogota' },
  operator: {
    organisation: 'Tenure Servicios SAS',
    performedBy: 'Tenure, unattended',
    contact: 'datos@operator.example',
  },
  tool: { name: 'Tenure', version: '0.1.0' },
  case: {
    id: 'c-0123456789',
    reason: 'non-payment',
    scope: { tenant: 'acme' },
    planDigest: '4f3a2b1c'.repeat(8),
    openedBy: 'finance billing',
  },
  authority: {
    clause: 'Clause 9.2 of the agreement: data of accounts in arrears are erased after notice',
    reference: 'AG-2024-17',
    by: 'plan standard',
    at: '2026-11-22T20:00:00.000Z',
  },
  approval: { by: 'operator:marta', at: '2026-12-29T14:00:00.000Z' },
  notices: [
    {
      delivery: 'd1',
      recipient: 'Ana Torres',
      channel: 'mail',
      levels: [],
      bounced: { at: '2026-11-22T20:01:00.000Z', reason: '550 no such user' },
    },
    {
      delivery: 'd2',
      recipient: 'Łukasz Żółw',
      channel: 'mail',
      levels: [
        { level: 'relayed', at: '2026-11-22T20:02:00.000Z', evidence: 'a1b2c3d4'.repeat(8) },
        { level: 'accepted', at: '2026-11-22T20:02:03.000Z', evidence: 'b2c3d4e5'.repeat(8) },
      ],
    },
  ],
  dates: {
    openedAt: '2026-11-22T20:00:00.000Z',
    noticeSentAt: '2026-11-22T20:02:00.000Z',
    clockStartedAt: '2026-11-22T20:02:03.000Z',
    dueAt: '2026-12-23T04:59:59.999Z',
    destroyFrom: '2026-12-30T05:00:00.000Z',
    begunAt: '2026-12-30T05:02:11.000Z',
    completedAt: '2026-12-30T06:10:44.000Z',
  },
  inventory: {
    objects: 46_812,
    bytes: 1_742_101_337,
    copies: 47,
    merkleRoot: '9d8c7b6a'.repeat(8),
    sources: [
      {
        source: 'documents',
        kind: 'directory',
        location: '/srv/acme/documents',
        objects: 46_507,
        bytes: 1_740_000_000,
        copies: 38,
        merkleRoot: '1a2b3c4d'.repeat(8),
      },
      {
        source: 'mail',
        kind: 'directory',
        location: '/srv/acme/mail',
        objects: 305,
        bytes: 2_101_337,
        copies: 9,
        merkleRoot: '5e6f7081'.repeat(8),
      },
    ],
  },
  sanitization: {
    method: 'purge',
    techniques: [
      'overwrite in place',
      'rename, truncate and unlink; delete',
      'cryptographic erasure: destruction of AES-256 keys in every replica',
    ],
  },
  places: [
    {
      place: 'live: directory /srv/acme/documents',
      steps: [
        {
          operation: 'overwrite pass 1 of 2 (random)',
          startedAt: '2026-12-30T05:02:11.000Z',
          endedAt: '2026-12-30T05:20:40.000Z',
          result: 'done',
          detail: '46506 overwritten, 1 unlinked-only; 1740000000 bytes; it has further names outside the scope',
        },
        {
          operation: 'overwrite pass 2 of 2 (zeros)',
          startedAt: '2026-12-30T05:20:41.000Z',
          endedAt: '2026-12-30T05:41:02.000Z',
          result: 'attempted-not-verifiable',
          detail:
            '46506 overwritten, 1 unlinked-only; 1740000000 bytes; copy-on-write file system: attempted, not verifiable',
        },
        {
          operation: 'delete',
          startedAt: '2026-12-30T05:41:03.000Z',
          endedAt: '2026-12-30T05:42:19.000Z',
          result: 'done',
          detail: '46507 deleted; 0 bytes',
        },
      ],
    },
    {
      place: 'live: directory /srv/acme/mail',
      steps: [
        {
          operation: 'overwrite pass 1 of 2 (random)',
          startedAt: '2026-12-30T05:43:00.000Z',
          endedAt: '2026-12-30T05:43:05.000Z',
          result: 'done',
          detail: '305 overwritten; 2101337 bytes',
        },
        {
          operation: 'overwrite pass 2 of 2 (zeros)',
          startedAt: '2026-12-30T05:43:05.000Z',
          endedAt: '2026-12-30T05:43:11.000Z',
          result: 'verified',
          detail: '305 overwritten; 2101337 bytes',
        },
        {
          operation: 'delete',
          startedAt: '2026-12-30T05:43:11.000Z',
          endedAt: '2026-12-30T05:43:12.000Z',
          result: 'done',
          detail: '305 deleted; 0 bytes',
        },
      ],
    },
    {
      place: 'copies: primary, documents',
      steps: [
        {
          operation: 'delete copies',
          startedAt: '2026-12-30T05:50:00.000Z',
          endedAt: '2026-12-30T05:58:30.000Z',
          result: 'done',
          detail: '38 copies, 412 stored objects removed, 0 left',
        },
      ],
    },
    {
      place: 'keys: replica keys-a',
      steps: [
        {
          operation: 'destroy keys (cryptographic erasure of every copy)',
          startedAt: '2026-12-30T06:00:00.000Z',
          endedAt: '2026-12-30T06:00:02.000Z',
          result: 'verified',
          detail: '50 keys, each acknowledged as gone',
        },
      ],
    },
    {
      place: 'keys: replica keys-b',
      steps: [
        {
          operation: 'destroy keys (cryptographic erasure of every copy)',
          startedAt: '2026-12-30T06:00:00.000Z',
          endedAt: '2026-12-30T06:00:02.000Z',
          result: 'verified',
          detail: '50 keys, each acknowledged as gone',
        },
      ],
    },
    {
      place: 'Tenure itself: catalog, executions, scratch, outbox',
      steps: [
        {
          operation: 'remove traces of the scope',
          startedAt: '2026-12-30T06:10:00.000Z',
          endedAt: '2026-12-30T06:10:20.000Z',
          result: 'done',
          detail: '112 rows, 2 scratch folders, 4 mails kept for relaying',
        },
      ],
    },
    {
      place: 'all places above',
      steps: [
        {
          operation: 'sweep for survivors',
          startedAt: '2026-12-30T06:10:21.000Z',
          endedAt: '2026-12-30T06:10:44.000Z',
          result: 'verified',
          detail: 'nothing found',
        },
      ],
    },
    {
      place: 'second site, cabinet 4',
      steps: [
        {
          operation: 'shredding of two tapes',
          startedAt: '2026-12-29T15:00:00.000Z',
          endedAt: '2026-12-29T15:30:00.000Z',
          result: 'attested',
          detail: 'Protocol 2026-118 of Archivo Seguro SA',
        },
      ],
    },
  ],
  verification: {
    method: 'every place listed was read again and searched for what should be gone',
    sweptAt: '2026-12-30T06:10:44.000Z',
    survivors: 0,
  },
  remainder: [
    {
      what: 'exported key',
      place: 'escrow',
      reason: 'its destruction was not attested yet',
      goneAt: '2026-12-30T06:09:00.000Z',
    },
  ],
  exclusions: [
    {
      what: 'sealed evidence of notices and the ledger of this case',
      why: 'kept to prove the erasure; holds no content of the data',
    },
    {
      what: 'snapshots and backups of the machine itself, made by other software',
      why: 'outside of what Tenure can see',
    },
  ],
  wording: certificateWording,
};
