/** One requirement of a framework, with what Tenure keeps that speaks to it. */
export interface EvidenceControl {
  framework: string;
  control: string;
  title: string;
  /** What the files show. It claims nothing about the framework as a whole. */
  shows: string;
  /** Beginnings of the names of files in the pack. */
  files: readonly string[];
}

const erasure = ['cases.json', 'certificates/', 'ledger/'];
const backups = ['snapshots.json', 'restore-tests/', 'controls/', 'plans/'];

/**
 * Which evidence speaks to which requirement. Sources: ISO/IEC 27001:2022 annex A; AICPA Trust Services Criteria 2017 (2022
 * points of focus); 45 CFR 164.308(a)(7); Regulation (EU) 2016/679; Ley 1581 de 2012 (Colombia) with Decreto 1377 de 2013.
 */
export const evidenceControls: readonly EvidenceControl[] = [
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.8.10',
    title: 'Information deletion',
    shows:
      'Data no longer required are erased by rule: notice, authority, steps per place, sweep, certificate; copies expire with a reason for each.',
    files: [...erasure, 'expiry/', 'plans/', 'holds.json', 'keys/recoveries.json'],
  },
  {
    framework: 'ISO/IEC 27001:2022',
    control: 'A.8.13',
    title: 'Information backup',
    shows:
      'Copies are taken by plan, tested by restoring them, and their packs are read in full within the coverage period.',
    files: [...backups, 'expiry/'],
  },
  {
    framework: 'SOC 2',
    control: 'A1.2',
    title: 'Environmental protections, software, data backup processes and recovery infrastructure',
    shows: 'Slots and their results, alerts where one was missed, how many replicas of the keys there are.',
    files: [...backups, 'alerts.json', 'keys/'],
  },
  {
    framework: 'SOC 2',
    control: 'A1.3',
    title: 'Tests of recovery plan procedures',
    shows: 'Dated restore tests with verdict, differences, duration against the objective; coverage of packs.',
    files: ['restore-tests/', 'controls/'],
  },
  {
    framework: 'SOC 2',
    control: 'C1.2',
    title: 'Disposal of confidential information',
    shows: 'Cases from their opening to their certificate, signed and verifiable offline.',
    files: [...erasure, 'keys/jwks.json'],
  },
  {
    framework: 'HIPAA',
    control: '45 CFR 164.308(a)(7)',
    title: 'Contingency plan: data backup, disaster recovery, testing and revision',
    shows: 'Retrievable copies exist, and that they are retrievable was tested at the dates given.',
    files: backups,
  },
  {
    framework: 'GDPR',
    control: 'Article 17',
    title: 'Right to erasure',
    shows:
      "Customers' own requests: confirmed identity, what was erased in live data and copies, when, and what remained for a time.",
    files: erasure,
  },
  {
    framework: 'GDPR',
    control: 'Article 28',
    title: 'Processor: deletion or return at the end of the service, information needed to demonstrate compliance',
    shows: 'Erasure at the end of an agreement with its authority and certificate; this pack itself.',
    files: [...erasure, 'plans/', 'index.json'],
  },
  {
    framework: 'GDPR',
    control: 'Article 32',
    title: 'Security of processing: encryption, availability, restoration, regular testing',
    shows: 'A key per customer in replicas, restore tests, controls evaluated after every run, alerts with cause.',
    files: ['keys/', 'restore-tests/', 'controls/', 'alerts.json'],
  },
  {
    framework: 'Ley 1581 de 2012 (Colombia)',
    control: 'Artículos 8, 15 y 17; Decreto 1377 de 2013, artículo 9',
    title: 'Supresión de datos y deberes del responsable',
    shows: 'Requests and erasures with notice, dates and certificate; safeguards by plan.',
    files: [...erasure, 'plans/', 'controls/'],
  },
];
