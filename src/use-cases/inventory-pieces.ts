import type { Deps } from '../deps.ts';
import type { ErasureItem } from '../domain/erasure.ts';
import { openEvidence, sealEvidence } from './append-ledger.ts';

/** Lines are sealed and stored in pieces of about this many characters. */
const pieceLength = 4 * 1024 * 1024;

/**
 * Collects the lines of an inventory and stores them sealed, piece by piece. Names of pieces carry the leg that wrote them: one
 * that is repeated after a crash, or beside its twin, writes other pieces, and those of the other are never read.
 */
export class SealedPieces {
  private lines: string[] = [];
  private length = 0;
  private readonly deps: Deps;
  private readonly tenant: string;
  private readonly prefix: string;
  private readonly leg: string;
  /** Pieces of all legs so far. */
  count: number;

  constructor(deps: Deps, tenant: string, place: { prefix: string; leg: string; count: number }) {
    this.deps = deps;
    this.tenant = tenant;
    this.prefix = place.prefix;
    this.leg = place.leg;
    this.count = place.count;
  }

  async add(line: string): Promise<void> {
    this.lines.push(line);
    this.length += line.length;
    if (this.length >= pieceLength) await this.end();
  }

  /** Stores what is collected. */
  async end(): Promise<void> {
    if (this.lines.length === 0) return;
    const key = `${this.prefix}/${String(this.count++).padStart(8, '0')}.${this.leg}.jsonl.sealed`;
    const lines = Buffer.from(this.lines.join(''));
    await this.deps.evidence.put(key, await sealEvidence(this.deps, this.tenant, key, lines));
    this.lines = [];
    this.length = 0;
  }
}

/** Keys of the pieces of a source's inventory, in order, with their lengths. Nothing where none is kept. */
export async function* inventoryPieces(
  deps: Deps,
  { inventory, inventoryLegs }: Pick<ErasureItem, 'inventory' | 'inventoryLegs'>,
): AsyncGenerator<{ key: string; size: number }> {
  if (inventory === undefined) return;
  for await (const { key, size } of deps.evidence.list(`${inventory}/`)) {
    if (inventoryLegs === undefined || inventoryLegs.includes(legOf(key))) yield { key, size };
  }
}

/** The lines of one piece. */
export async function openPiece(deps: Deps, tenant: string, key: string): Promise<Buffer> {
  return await openEvidence(deps, tenant, key, await deps.evidence.get(key));
}

/** Removes what other attempts, and legs that do not count, have listed of the source. */
export async function forgetOtherPieces(
  deps: Deps,
  { caseId, source, inventory, inventoryLegs = [] }: ErasureItem,
): Promise<void> {
  const others: string[] = [];
  for await (const { key } of deps.evidence.list(`cases/${caseId}/inventory/${source}/`))
    if (!key.startsWith(`${inventory}/`) || !inventoryLegs.includes(legOf(key))) others.push(key);
  if (others.length > 0) await deps.evidence.purge(others);
}

function legOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).split('.')[1] ?? '';
}
