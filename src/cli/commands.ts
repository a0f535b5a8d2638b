import type { CommandModule } from './cli.ts';

/** One command as `tenure --help` shows it; its module is loaded when it is used. */
export interface CommandEntry {
  name: string;
  /** Heading in the help. */
  group: string;
  summary: string;
  load: () => Promise<CommandModule>;
}

const home = 'The home';
const plans = 'Tenants, sources, plans';
const work = 'Work';
const copies = 'Copies';
const cases = 'Cases';
const proof = 'Proof';

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'init',
    group: home,
    summary: 'make a home: configuration, plans, keys, catalog',
    load: () => import('./init.ts'),
  },
  {
    name: 'doctor',
    group: home,
    summary: 'what is missing or wrong, and how to mend it',
    load: () => import('./doctor.ts'),
  },
  { name: 'status', group: home, summary: 'one screen of posture', load: () => import('./status.ts') },
  { name: 'recover', group: home, summary: 'rebuild a lost catalog', load: () => import('./recover.ts') },
  {
    name: 'token',
    group: home,
    summary: 'make a token for the HTTP API',
    load: () => import('./token.ts'),
  },
  {
    name: 'access',
    group: proof,
    summary: 'who could come in over HTTP, and when they last did',
    load: () => import('./access.ts'),
  },
  {
    name: 'api-key',
    group: home,
    summary: 'create, list, rotate, revoke keys of machines; answer a leak',
    load: () => import('./api-key.ts'),
  },
  {
    name: 'opendsr',
    group: home,
    summary: 'certificate of the signatures of OpenDSR: request, bring in, show',
    load: () => import('./opendsr.ts'),
  },
  { name: 'tenant', group: plans, summary: 'add, list, show, set, pause tenants', load: () => import('./tenant.ts') },
  { name: 'source', group: plans, summary: 'add, list, remove what is protected', load: () => import('./source.ts') },
  { name: 'apply', group: plans, summary: 'tenants and sources from one YAML file', load: () => import('./apply.ts') },
  { name: 'plan', group: plans, summary: 'list, show, history, preview of plans', load: () => import('./plan.ts') },
  {
    name: 'run',
    group: work,
    summary: 'run a workflow: backup, restore-test, expiry, audit, notice, controls',
    load: () => import('./run.ts'),
  },
  {
    name: 'executions',
    group: work,
    summary: 'list, show, retry executions of workflows',
    load: () => import('./executions.ts'),
  },
  {
    name: 'serve',
    group: work,
    summary: 'serve the HTTP API',
    load: () => import('./serve.ts'),
  },
  { name: 'snapshots', group: copies, summary: 'the copies that live', load: () => import('./snapshots.ts') },
  { name: 'ls', group: copies, summary: 'what lies in a folder of a copy', load: () => import('./ls.ts') },
  { name: 'find', group: copies, summary: 'look for names in all live copies', load: () => import('./find.ts') },
  { name: 'restore', group: copies, summary: 'write a copy into a folder', load: () => import('./restore.ts') },
  { name: 'check', group: copies, summary: 'verify the live copies', load: () => import('./check.ts') },
  { name: 'stats', group: copies, summary: 'what copies cost: sizes, ratios, waste', load: () => import('./stats.ts') },
  { name: 'case', group: cases, summary: 'open, list, show, approve, cancel … cases', load: () => import('./case.ts') },
  { name: 'hold', group: cases, summary: 'place, release, list legal holds', load: () => import('./hold.ts') },
  { name: 'stop', group: cases, summary: 'stop everything destructive at once', load: () => import('./stop.ts') },
  { name: 'resume', group: cases, summary: 'lift the stop', load: () => import('./resume.ts') },
  {
    name: 'finance',
    group: cases,
    summary: 'what finance says: unpaid, paid, dispute, promise …',
    load: () => import('./finance.ts'),
  },
  {
    name: 'certificate',
    group: proof,
    summary: 'list, show, verify, prove certificates',
    load: () => import('./certificate.ts'),
  },
  {
    name: 'keys',
    group: proof,
    summary: "public keys of signatures; rotate a tenant's key",
    load: () => import('./keys.ts'),
  },
  {
    name: 'controls',
    group: proof,
    summary: 'every control as it was last evaluated',
    load: () => import('./controls.ts'),
  },
  { name: 'alert', group: proof, summary: 'list, acknowledge, close alerts', load: () => import('./alert.ts') },
  { name: 'ledger', group: proof, summary: 'verify, export the ledger', load: () => import('./ledger.ts') },
  {
    name: 'evidence',
    group: proof,
    summary: 'export an evidence pack for auditors',
    load: () => import('./evidence.ts'),
  },
  {
    name: 'simulate',
    group: 'Try',
    summary: 'live the schedule day by day in a home made with init --now',
    load: () => import('./simulate.ts'),
  },
  {
    name: 'demo',
    group: 'Try',
    summary: '120 simulated days of three tenants, ending with a verified certificate',
    load: () => import('./demo.ts'),
  },
];
