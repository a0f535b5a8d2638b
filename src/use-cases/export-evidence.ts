import { hash } from 'node:crypto';
import type { Deps } from '../deps.ts';
import { evidenceReadme } from '../documents/evidence-readme.ts';
import { compactJws, signJws } from '../documents/jws.ts';
import type { Actor } from '../domain/case-events.ts';
import { evidenceControls } from '../domain/evidence-controls.ts';
import { appendLedger } from './append-ledger.ts';
import { type EvidenceFile, evidenceFiles, jsonFile } from './evidence-files.ts';
import { verifyLedger } from './verify-ledger.ts';

/** Media type in the header of the index's signature. */
export const evidenceIndexTyp = 'tenure-evidence-index+jws';

/**
 * The files of an evidence pack, one after the other; the index with the digest of every file before it comes last, signed.
 * That the pack was made goes on record with the index's digest, before the last file is given out.
 */
export async function* exportEvidence(deps: Deps, actor: Actor): AsyncGenerator<EvidenceFile> {
  const generatedAt = deps.clock.now();
  const verification = await verifyLedger.typed(deps, {});
  const { company, version } = deps.settings;
  const facts = { company, generatedAt, version, simulated: deps.clock.simulated, ledgerOk: verification.ok };
  const listed: { name: string; bytes: number; sha256: string }[] = [];
  const note = (file: EvidenceFile): EvidenceFile => {
    listed.push({ name: file.name, bytes: file.content.length, sha256: hash('sha256', file.content, 'hex') });
    return file;
  };
  yield note({ name: 'README.md', content: Buffer.from(evidenceReadme(facts)) });
  yield note(jsonFile('ledger/verification.json', verification));
  for await (const file of evidenceFiles(deps)) yield note(file);
  const controls = evidenceControls.map(({ files, ...control }) => ({
    ...control,
    files: listed.map(({ name }) => name).filter((name) => files.some((beginning) => name.startsWith(beginning))),
  }));
  const index = jsonFile('index.json', { format: 'tenure-evidence/1', ...facts, controls, files: listed });
  const jws = await signJws(index.content, evidenceIndexTyp, deps.keys);
  const subjects = [`sha256:${hash('sha256', index.content, 'hex')}`];
  await appendLedger(deps, { type: 'evidence-exported', actor, subjects });
  yield index;
  yield { name: 'index.jws', content: Buffer.from(`${compactJws(jws)}\n`) };
}
