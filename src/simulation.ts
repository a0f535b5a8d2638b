import { addDays, addHours } from './domain/calendar.ts';
import type { RunItem, RunSummary } from './domain/run.ts';
import type { Home } from './home.ts';
import type { Execution } from './ports/workflows.ts';
import { certificates, runSummaries, tenants } from './records.ts';
import { runControls } from './use-cases/run-controls.ts';
import { itemsOf } from './use-cases/run-items.ts';
import { type RunKind, startRun } from './use-cases/start-run.ts';

/** A run of the simulated schedule, with what came of it. */
export interface LivedRun {
  at: string;
  kind: RunKind;
  run: string;
  execution: Execution;
  items: RunItem[];
  summary?: RunSummary;
}

/** Everything that happened on one simulated day. */
export interface LivedDay {
  /** Midnight (UTC) at which it began. */
  day: string;
  runs: LivedRun[];
  controlsFailed: number;
  /** Cases whose certificate was issued on this day. */
  certified: string[];
}

/** Hours of the day (UTC) at which the simulated schedule runs: late enough for a 02:00 in any zone from -06:00 on. */
const hours = { notice: 1, daily: 8, weekly: 9, 'restore-test': 10, expiry: 11, audit: 12, controls: 14 } as const;

/** Days between audits, and the shortest distance of restore tests among the plans. */
const auditEveryDays = 28;

/** Lives days one after the other through the same runs that a scheduler would start. */
export function simulation(home: Home, first: string) {
  const { deps, runner } = home;
  let number = 0;

  async function run(kind: RunKind, at: string, options: { cadence?: 'daily' | 'weekly' } = {}): Promise<LivedRun> {
    await home.moveClock(at);
    const started = await startRun.typed(deps, { kind, scheduledAt: at, requestedBy: 'schedule', ...options });
    const execution = await runner.finished(started.machine, started.run);
    await runner.idle();
    const summary = (await runSummaries.read(deps.table, started.run))?.value;
    return {
      at,
      kind,
      run: started.run,
      execution,
      items: await itemsOf(deps, started.run),
      ...(summary === undefined ? {} : { summary }),
    };
  }

  /** How often the strictest plan in use wants restore tests. */
  async function testEveryDays(): Promise<number> {
    const used = (await tenants.list(deps.table, 'TENANTS')).map((stored) =>
      deps.settings.plans.get(stored.value.plan),
    );
    return Math.min(...used.map((plan) => plan?.restoreTests.everyDays ?? 7), 7);
  }

  return {
    /** Lives the next day. `during` is called at noon, for what people do. */
    async nextDay(during: (day: number) => Promise<void> = async () => undefined): Promise<LivedDay> {
      const day = addDays(first, number);
      const weekday = new Date(day).getUTCDay();
      const runs: LivedRun[] = [await run('notice', addHours(day, hours.notice))];
      runs.push(await run('backup', addHours(day, hours.daily), { cadence: 'daily' }));
      if (weekday === 0) runs.push(await run('backup', addHours(day, hours.weekly), { cadence: 'weekly' }));
      if (number % (await testEveryDays()) === 0)
        runs.push(await run('restore-test', addHours(day, hours['restore-test'])));
      runs.push(await run('expiry', addHours(day, hours.expiry)));
      if (number % auditEveryDays === auditEveryDays - 1) runs.push(await run('audit', addHours(day, hours.audit)));
      await home.moveClock(addHours(day, 13));
      await during(number);
      await home.moveClock(addHours(day, hours.controls));
      const { failed } = await runControls.typed(deps, {});
      const issued = (await certificates.list(deps.table, 'CERTIFICATES')).map((stored) => stored.value);
      number++;
      const until = addDays(day, 1);
      return {
        day,
        runs,
        controlsFailed: failed,
        certified: issued.filter(({ issuedAt }) => issuedAt >= day && issuedAt < until).map(({ caseId }) => caseId),
      };
    },
  };
}
