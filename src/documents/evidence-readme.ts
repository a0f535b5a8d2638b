import { evidenceControls } from '../domain/evidence-controls.ts';

/** Facts of a pack that its README states. */
export interface EvidenceFacts {
  company: string;
  generatedAt: string;
  version: string;
  simulated: boolean;
  /** Whether the ledger was found as it was written. */
  ledgerOk: boolean;
}

/** README of an evidence pack: what is in it, what it speaks to, and how to verify it without trusting whoever made it. */
export function evidenceReadme({ company, generatedAt, version, simulated, ledgerOk }: EvidenceFacts): string {
  const rows = evidenceControls.map(
    ({ framework, control, title, files }) => `| ${framework} ${control} | ${title} | ${files.join(', ')} |`,
  );
  return `# Evidence of ${company}

Made at ${generatedAt} by Tenure ${version}.${simulated ? '\n\n**SIMULATION: this home lives under a simulated clock; the pack proves nothing.**' : ''}

## What is in it

- \`index.json\`: which file speaks to which control, and the SHA-256 of every file. \`index.jws\` is its signature (compact JWS, ES256).
- \`keys/jwks.json\`: the public keys of all signatures; \`keys/replicas.json\`: where keys lie, and how many.
- \`ledger/\`: all entries (\`entries.jsonl\`), heads, daily seals, and what their verification found on export: **${ledgerOk ? 'nothing was changed' : 'SOMETHING WAS CHANGED, see verification.json'}**.
- \`certificates/\`: every certificate as it was issued, as JSON and PDF. \`cases.json\`: every case with its dates; no names, addresses or paths.
- \`snapshots.json\`: the copies that live. \`expiry/\`: for each expiry run, why each copy was kept or removed.
- \`restore-tests/\`: dated verdicts by source, and when each pack was read in full last. \`controls/\`: every report of the controls.
- \`plans/\`: every version of every plan. \`holds.json\`, \`alerts.json\`: as they stand.

## What it speaks to

| control | title | files |
|---|---|---|
${rows.join('\n')}

It shows what was done and found. Whether that satisfies a framework is for whoever audits to say.

## How to verify it

Get the public keys from the company by another way, and compare them with \`keys/jwks.json\`. Then, with Tenure or any tool for JWS (RFC 7515):

1. \`tenure certificate verify certificates/FILE --jwks keys/jwks.json\` for each certificate, JSON or PDF: any changed byte is found.
2. \`index.jws\` signs the exact bytes of \`index.json\`, which holds the SHA-256 of every other file.
3. \`ledger/entries.jsonl\`: within each \`chain\`, \`seq\` counts up from 1, \`prev\` is the \`hash\` of the entry before (64 zeros for the first), and
   \`hash\` is the SHA-256 of the entry without \`hash\` in canonical JSON (RFC 8785).
4. \`ledger/seals/\`: each seal is signed and holds a Merkle root (RFC 6962) over the heads beside it; each head is an entry of its chain.
`;
}
