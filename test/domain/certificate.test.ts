import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { CaseIn } from '../../src/domain/case.ts';
import { type CertificateFacts, composeCertificate } from '../../src/domain/compose-certificate.ts';
import { BlockedError, InvalidError } from '../../src/domain/errors.ts';
import { anna, ben, policy, Story, system } from './case-fixtures.ts';

const at = (minute: number) => `2026-11-08T00:${String(minute).padStart(2, '0')}:00.000Z`;

function erasing(): CaseIn<'erasing'> {
  const story = new Story('2026-10-01T12:00:00.000Z', policy).noticed('obsolete');
  story.tell({ type: 'approve', actor: ben });
  story.at(at(0)).tick();
  story.tell({ type: 'begin-erasure', actor: system, attempt: 1 });
  story.tell({ type: 'begin-step', actor: system, step: 'overwrite-1' });
  if (story.value?.status !== 'erasing') throw new Error('not erasing');
  return story.value;
}

const step = {
  operation: 'overwrite pass 1 of 2 (random)',
  startedAt: at(1),
  endedAt: at(2),
  result: 'done' as const,
  detail: '46 files',
};

function facts(change: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    case: erasing(),
    simulated: false,
    issuedAt: at(9),
    customer: { tenant: 'acme', name: 'ACME GmbH', timezone: 'Europe/Berlin' },
    contacts: ['Erika Mustermann'],
    operator: { organisation: 'Host AG', performedBy: 'tenure erasure' },
    tool: { name: 'Tenure', version: '0.1.0' },
    sources: [
      {
        source: 'files',
        kind: 'directory',
        location: '/srv/acme',
        objects: 46,
        bytes: 1024,
        copies: 90,
        merkleRoot: 'aa',
      },
      { source: 'mail', kind: 'directory', location: '/srv/mail', objects: 4, bytes: 6, copies: 2 },
    ],
    merkleRoot: 'bb',
    sanitization: { method: 'purge', techniques: ['overwrite', 'cryptographic erase'] },
    places: [{ place: 'live: /srv/acme', steps: [step] }],
    sweep: { method: 'every place listed and asked for each key', sweptAt: at(8), survivors: 0 },
    remainder: [],
    exclusions: [{ what: 'a file with a hard link outside', why: 'unlinked only' }],
    ...change,
  };
}

describe('a certificate', () => {
  it('states counts, authority, approval, notices, dates and exactly one sentence about what it claims', () => {
    const content = composeCertificate(facts());
    expect(content).toMatchObject({
      id: 'cert-0123456789',
      simulation: false,
      inventory: { objects: 50, bytes: 1030, copies: 92, merkleRoot: 'bb' },
      authority: { clause: 'clause 9.3 of the agreement' },
      approval: { by: 'ben' },
      case: { openedBy: `operator ${anna.id}` },
      notices: [{ delivery: 'd1', recipient: 'Erika Mustermann', levels: [{ level: 'relayed', evidence: 'digest' }] }],
      dates: {
        noticeSentAt: '2026-10-01T12:00:00.000Z',
        dueAt: '2026-10-31T22:59:59.999Z',
        begunAt: at(0),
        completedAt: at(8),
      },
      wording:
        'In the places listed, at the times listed, the operations listed were performed and verified as stated. Places not listed were not examined.',
    });
    expect(canonicalJson(content)).not.toMatch(/irrecoverabl|NIST-certified|all copies/i);
  });

  it('says that a simulated home simulates', () => {
    expect(composeCertificate(facts({ simulated: true })).simulation).toBe(true);
  });

  it('lists what had to wait and is gone', () => {
    const item = { what: 'object version', place: 'copies', reason: 'locked' };
    expect(composeCertificate(facts({ remainder: [{ ...item, goneAt: at(7) }] })).remainder).toEqual([
      { ...item, goneAt: at(7) },
    ]);
    expect(() => composeCertificate(facts({ remainder: [{ ...item, goneAt: at(7) }, item] }))).toThrow(BlockedError);
  });

  it.each<[string, Partial<CertificateFacts>, typeof BlockedError | typeof InvalidError]>([
    ['something survived', { sweep: { method: 'x', sweptAt: at(8), survivors: 1 } }, BlockedError],
    ['a step is younger than the sweep', { sweep: { method: 'x', sweptAt: at(1), survivors: 0 } }, BlockedError],
    ['no step is known', { places: [] }, InvalidError],
    [
      'a place has no step',
      {
        places: [
          { place: 'live', steps: [step] },
          { place: 'keys', steps: [] },
        ],
      },
      InvalidError,
    ],
    [
      'a step ends before it starts',
      { places: [{ place: 'live', steps: [{ ...step, startedAt: at(3) }] }] },
      InvalidError,
    ],
    [
      'a step is older than the erasure',
      { places: [{ place: 'live', steps: [{ ...step, startedAt: '2026-11-07T00:00:00.000Z' }] }] },
      InvalidError,
    ],
    ['it would be issued before the sweep', { issuedAt: at(7) }, InvalidError],
    [
      'a count is no whole number',
      { sources: [{ source: 's', kind: 'directory', location: '/', objects: 0.5, bytes: 0, copies: 0 }] },
      InvalidError,
    ],
  ])('is not issued when %s', (_name, change, error) => {
    expect(() => composeCertificate(facts(change))).toThrow(error);
  });

  it('is not issued before anything was destroyed', () => {
    const { steps: _steps, ...value } = erasing();
    const { destroyedSince: _since, ...rest } = value as Extract<typeof value, { destroyedSince: string }>;
    expect(() => composeCertificate(facts({ case: { ...rest, steps: [], destroyedAnything: false } }))).toThrow(
      BlockedError,
    );
  });
});
