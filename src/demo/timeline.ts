import type { RunItem } from '../domain/run.ts';
import type { LivedDay, LivedRun } from '../simulation.ts';

/** What of a day is worth a line: everything but the backups and checks that went as every day. */
export function tell(day: LivedDay): string[] {
  const lines = day.runs.flatMap((run) => describe(run));
  for (const id of day.certified) lines.push(`certificate issued for case ${id}; report mailed`);
  if (day.controlsFailed > 0) lines.push(`${day.controlsFailed} controls fail`);
  return lines;
}

function describe(run: LivedRun): string[] {
  const failed = run.items.filter((item) => item.status !== 'done' && item.status !== 'skipped');
  const troubles = failed.map((item) => `${run.kind} ${nameOf(item)} ${item.status}: ${item.reasons.join('; ')}`);
  if (run.execution.status !== 'succeeded')
    troubles.push(`${run.run} ${run.execution.status}: ${run.execution.error?.message ?? ''}`);
  return [...usual(run), ...troubles];
}

function usual(run: LivedRun): string[] {
  const done = run.items.filter((item) => item.status === 'done');
  switch (run.kind) {
    case 'backup': {
      // Daily copies are the background of the story; the first and the weekly ones stand for them.
      if (!run.run.includes('weekly') && !run.run.endsWith('2026-01-01')) return [];
      return [
        `${run.run.includes('weekly') ? 'weekly' : 'first'} backup: ${done.length} sources, ${added(done)} added`,
      ];
    }
    case 'restore-test': {
      const points = done.filter((item) => item.facts.kind === 'point');
      const packs = done
        .filter((item) => item.facts.kind === 'packs')
        .reduce((sum, item) => sum + Number(item.facts.packsRead), 0);
      return [`restore test: ${points.length} copies restored and compared, ${packs} packs read in full`];
    }
    case 'expiry': {
      const removed = done.reduce((sum, item) => sum + Number(item.facts.removed ?? 0), 0);
      return removed === 0 ? [] : [`expiry: ${removed} copies that the plan no longer keeps are gone`];
    }
    case 'audit': {
      const found = done.flatMap((item) => (item.facts.findings as string[] | undefined) ?? []);
      return [`audit: ${found.length} findings${found.length > 0 ? ` (${found.join(', ')})` : ''}`];
    }
    case 'notice':
      return done.flatMap((item) => noticeLine(item));
  }
}

function noticeLine(item: RunItem): string[] {
  if (item.facts.erasure !== undefined)
    return [`case ${item.subject ?? ''} of ${item.tenant} is due: erasure in passes`];
  const sent = Number(item.facts.sent ?? 0);
  return sent === 0
    ? []
    : [`case ${item.subject ?? ''} of ${item.tenant} (${String(item.facts.status)}): ${sent} mail sent`];
}

function added(items: readonly RunItem[]): string {
  const bytes = items.reduce(
    (sum, item) => sum + ((item.facts.totals as { addedBytes?: number } | undefined)?.addedBytes ?? 0),
    0,
  );
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function nameOf(item: RunItem): string {
  return item.source === undefined ? item.tenant : `${item.tenant}/${item.source}`;
}
