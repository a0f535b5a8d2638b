import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOver, isTooLate } from '../../src/domain/case.ts';
import { alertStands } from '../../src/domain/case-alerts.ts';
import type { Acceptance, CaseAlertKind } from '../../src/domain/case-decision.ts';
import type { CasePolicy } from '../../src/domain/case-policy.ts';
import { mayDestroy } from '../../src/domain/gate.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { anna, ben, code, customer, finance, hold, opening, Story, system, type Told } from './case-fixtures.ts';
import { Oracle } from './case-oracle.ts';

/*
 * Random lives of a case. Every event that `decide` accepts is also written into an oracle, which knows nothing of statuses
 * or clocks, only the log and the promises. Whenever `decide` lets something be destroyed, or a sweep asks for it, no promise may be broken.
 */
interface World {
  story: Story;
  /** Alerts of the case that are open. */
  alerts: Set<CaseAlertKind>;
}

const seen = { begun: 0, destroyed: 0, certified: 0, cancelled: 0, blocked: 0, settled: 0 };

class Step implements fc.Command<Oracle, World> {
  readonly name: string;
  readonly act: (oracle: Oracle, world: World) => void;
  constructor(name: string, act: (oracle: Oracle, world: World) => void) {
    this.name = name;
    this.act = act;
  }
  check = () => true;
  run(oracle: Oracle, world: World): void {
    this.act(oracle, world);
  }
  toString = () => this.name;
}

/** Tells the story one event and judges what came of it. */
function tell(oracle: Oracle, { story, alerts }: World, event: Told): void {
  const before = story.value;
  const now = Date.parse(story.now);
  const gate =
    before &&
    mayDestroy(
      { kind: 'erasure', scope: before.scope, caseStep: 'step' },
      {
        now: story.now,
        simulated: true,
        holds: story.holds,
        case: before,
        approval: story.context.approval,
        limits: { erasuresPerDay: 1 },
        erasuresToday: 0,
      },
    );
  const decision = story.try(event);
  if (event.type === 'begin-step') expect(gate?.allowed, 'gate and case agree').toBe(decision.ok);
  if (!decision.ok) {
    expect(decision.hint).not.toBe('');
    if (decision.code === 'blocked') seen.blocked++;
    return;
  }
  oracle.record(
    { ...event, at: story.now } as Parameters<Oracle['record']>[0],
    now,
    decision.case.deliveries.map((d) => d.id),
  );
  const after = decision.case;
  expect(JSON.parse(JSON.stringify(after)), 'a case is plain JSON').toEqual(after);
  judgeAlerts(alerts, decision);
  const destroys = event.type === 'begin-step' || (event.type === 'begin-erasure' && decision.changed);
  if (destroys || decision.effects.some((e) => e.type === 'start-erasure' && after.status !== 'certified')) {
    expect(oracle.broken(now), `${event.type} at ${story.now}`).toEqual([]);
  }
  if (event.type === 'begin-step') oracle.destroyed = true;
  if (event.type === 'begin-step' && (before?.status === 'erasing' || before?.status === 'remainder')) seen.destroyed++;
  if (event.type === 'begin-erasure' && decision.changed) seen.begun++;
  if (after.status === 'certified') seen.certified++;
  if (after.status === 'cancelled') seen.cancelled++;
  expect(isTooLate(after), 'what was destroyed stays destroyed').toBe(oracle.destroyed);
  if (before !== undefined && isOver(before)) expect(after.status, 'the end is the end').toBe(before.status);
  if (event.type === 'paid' && oracle.unpaid.size === 0 && !oracle.destroyed) expect(after.status).toBe('cancelled');
}

/** What was told stands, or was closed; at the end only a bounce that came after it stays. */
function judgeAlerts(open: Set<CaseAlertKind>, { case: after, effects }: Acceptance): void {
  for (const effect of effects) {
    if (effect.type === 'alert') open.add(`case-${effect.about}`);
    if (effect.type === 'settle-alerts') for (const { kind } of effect.settled) open.delete(kind);
  }
  for (const kind of open) expect(alertStands(after, kind), kind).toBe(true);
  if (after.status === 'cancelled') expect([...open]).toEqual([]);
  if (effects.some((effect) => effect.type === 'settle-alerts')) seen.settled++;
}

const evidence = 'digest';
const scopes: Scope[] = [
  { tenant: 'acme' },
  { tenant: 'acme', source: 'files' },
  { tenant: 'acme', source: 'files', paths: ['a/'] },
];

const day = (story: Story, days: number) =>
  new Date(Date.parse(story.now) + days * 86_400_000).toISOString().slice(0, 10);
const step = (name: string, event: Told | ((story: Story) => Told | undefined)) =>
  new Step(name, (oracle, world) => {
    const told = typeof event === 'function' ? event(world.story) : event;
    if (told !== undefined) tell(oracle, world, told);
  });
const pass = (ms: number) =>
  new Step(`pass ${ms}`, (_oracle, { story }) => {
    story.now = new Date(Date.parse(story.now) + ms).toISOString();
  });
const lastDelivery = (story: Story) => story.value?.deliveries.at(-1)?.id ?? 'd1';

const operators = fc.constantFrom(anna, ben);
const level = fc.constantFrom('relayed' as const, 'accepted' as const, 'acknowledged' as const);

/** Goes to the next instant at which the case's own dates allow more. */
function toNextDate(story: Story): void {
  const value = story.value;
  if (value === undefined) return;
  const dates =
    'clock' in value ? [value.clock.dueAt, value.clock.destroyFrom] : 'stop' in value ? [value.stop.until] : [];
  const next = dates.find((at) => at !== undefined && at >= story.now);
  if (next !== undefined) story.now = new Date(Date.parse(next) + (next.endsWith('999Z') ? 1 : 0)).toISOString();
}

/** Tries by all means to destroy something as early as the case lets it happen. */
function press(oracle: Oracle, world: World): void {
  const { story } = world;
  for (let round = 0; round < 8; round++) {
    tell(oracle, world, { type: 'settle', actor: anna });
    for (const { id } of story.value?.deliveries ?? []) {
      tell(oracle, world, { type: 'notice-sent', actor: system, delivery: id, level: story.plan.startLevel, evidence });
    }
    tell(oracle, world, { type: 'tick', actor: system });
    tell(oracle, world, { type: 'approve', actor: anna });
    tell(oracle, world, { type: 'approve', actor: ben });
    tell(oracle, world, { type: 'tick', actor: system });
    tell(oracle, world, { type: 'begin-erasure', actor: system, attempt: (story.value?.attempts ?? 0) + 1 });
    tell(oracle, world, { type: 'begin-step', actor: system, step: `pressed ${round}` });
    toNextDate(story);
  }
  // What was destroyed can end, whatever came before; and nothing else can.
  tell(oracle, world, { type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' });
  tell(oracle, world, { type: 'close', actor: system });
}

/** What moves a case on: without it most lives would end before anything interesting. */
const onwards: fc.Arbitrary<Step>[] = [
  fc.integer({ min: 1, max: 40 }).map((days) => pass(days * 86_400_000)),
  fc.integer({ min: 0, max: 86_400_000 }).map(pass),
  fc.constant(new Step('to the next date', (_oracle, { story }) => toNextDate(story))),
  fc.constant(step('tick', { type: 'tick', actor: system })),
  fc.constant(
    step('deliver', (s) => ({
      type: 'notice-sent',
      actor: system,
      delivery: lastDelivery(s),
      level: s.plan.startLevel,
      evidence,
    })),
  ),
  operators.map((actor) => step(`approve ${actor.id}`, { type: 'approve', actor })),
  fc.constant(step('begin', (s) => ({ type: 'begin-erasure', actor: system, attempt: (s.value?.attempts ?? 0) + 1 }))),
  fc
    .constantFrom('overwrite', 'keys')
    .map((name) => step(`step ${name}`, { type: 'begin-step', actor: system, step: name })),
  fc.constant(step('confirm', { type: 'confirm', actor: customer, code })),
];

/** What stops it, in every way there is. */
const against: fc.Arbitrary<Step>[] = [
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), level)
    .map(([n, l]) =>
      step(`level d${n} ${l}`, { type: 'notice-level', actor: system, delivery: `d${n}`, level: l, evidence }),
    ),
  fc.tuple(fc.nat({ max: 2 }), level).map(([contact, l]) =>
    step(`record ${contact} ${l}`, {
      type: 'notice-recorded',
      actor: anna,
      contact,
      channel: 'post',
      level: l,
      evidence,
    }),
  ),
  fc
    .integer({ min: 1, max: 4 })
    .map((n) => step(`bounce d${n}`, { type: 'bounce', actor: system, delivery: `d${n}`, reason: '5.1.1' })),
  fc.nat({ max: 2 }).map((contact) => step(`notify ${contact}`, { type: 'notify-contact', actor: anna, contact })),
  fc.constantFrom(customer, finance, anna).map((actor) => step('dispute', { type: 'dispute', actor })),
  fc.constant(step('object', { type: 'object', actor: customer })),
  fc
    .integer({ min: -2, max: 60 })
    .map((n) => step(`promise +${n}`, (s) => ({ type: 'promise', actor: finance, until: day(s, n) }))),
  fc
    .integer({ min: -2, max: 60 })
    .map((n) => step(`keep +${n}`, (s) => ({ type: 'keep-until', actor: customer, until: day(s, n) }))),
  fc
    .integer({ min: -2, max: 60 })
    .map((n) => step(`extend +${n}`, (s) => ({ type: 'extend', actor: anna, until: day(s, n) }))),
  fc.constantFrom(finance, anna).map((actor) => step('settle', { type: 'settle', actor })),
  fc
    .constantFrom('i-1', 'i-2', undefined)
    .map((invoice) => step(`paid ${invoice}`, { type: 'paid', actor: finance, ...(invoice && { invoice }) })),
  fc.constantFrom(customer, finance, anna).map((actor) => step(`cancel ${actor.kind}`, { type: 'cancel', actor })),
  fc.constant(
    step('authorise', (s) => ({
      type: 'authorise',
      actor: anna,
      authority: { clause: 'order', reference: 'r', by: 'court', at: s.now },
    })),
  ),
  fc.constant(
    step('remainder', {
      type: 'remainder-found',
      actor: system,
      items: [{ what: 'version', place: 'copies', reason: 'locked' }],
    }),
  ),
  fc.constant(step('certify', { type: 'certify', actor: system, certificate: 'cert-1', digest: 'aa' })),
  fc.constant(step('close', { type: 'close', actor: system })),
  fc
    .constantFrom<[string, Scope, boolean]>(
      ['h-1', { tenant: 'acme' }, true],
      ['h-2', { tenant: 'acme', source: 'files', paths: ['a/b'] }, true],
      ['h-3', { tenant: 'other' }, false],
    )
    .map(
      ([id, scope, touches]) =>
        new Step(`hold ${id}`, (oracle, { story }) => {
          if (story.holds.some((known) => known.id === id)) return;
          story.holds.push(hold(id, scope, story.now));
          if (touches) oracle.holds.add(id);
        }),
    ),
  fc.constantFrom('required' as const, 'none' as const).map(
    (approval) =>
      new Step(`plan now ${approval}`, (oracle, { story }) => {
        story.approvalNow = approval;
        oracle.approvalNow = approval;
      }),
  ),
  fc.constant(
    new Step('release', (oracle, { story }) => {
      story.holds = story.holds.map((known) => ({ ...known, releasedAt: story.now }));
      oracle.holds.clear();
    }),
  ),
];

const lives = fc.record({
  plan: fc.record({
    noticeDays: fc.constantFrom(30, 31, 45),
    reminders: fc.constant<number[]>([7, 1]),
    startLevel: level,
    settlementDays: fc.constantFrom(0, 1, 7),
    coolingOffDays: fc.constantFrom(0, 1, 7),
    approval: fc.constantFrom('required' as const, 'none' as const),
    authority: fc.constantFrom<CasePolicy['authority']>({ nonPayment: '9.2', obsolete: '9.3' }, {}),
  }),
  timezone: fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'America/Bogota',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Asia/Beirut',
    'Africa/Cairo',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
    'UTC',
  ),
  start: fc.date({ min: new Date('2025-01-01'), max: new Date('2029-12-31'), noInvalidDate: true }),
  reason: fc.constantFrom('non-payment' as const, 'obsolete' as const, 'customer-request' as const),
  scope: fc.constantFrom(...scopes),
  invoices: fc.constantFrom(['i-1'], ['i-1', 'i-2']),
  byOperator: fc.boolean(),
});

describe('whatever happens to a case', () => {
  it('nothing is destroyed under a hold, after payment, without authority, before the notice was delivered or had run its days', () => {
    const steps = fc.commands([...onwards, ...onwards, ...onwards, ...against], { maxCommands: 120, size: 'max' });
    fc.assert(
      fc.property(lives, steps, (life, commands) => {
        const { plan, timezone, reason, scope } = life;
        const story = new Story(life.start.toISOString(), plan, timezone);
        const oracle = new Oracle(plan, timezone);
        const world = { story, alerts: new Set<CaseAlertKind>() };
        const { invoices: _none, ...base } = opening(reason, story.now);
        const invoices = life.invoices.map((invoice) => ({ invoice }));
        const actor = life.byOperator ? anna : base.actor;
        tell(oracle, world, { ...base, actor, scope, ...(reason === 'non-payment' && { invoices }) });
        expect(story.value).toBeDefined();
        fc.modelRun(() => ({ model: oracle, real: world }), commands);
        press(oracle, world);
      }),
      { numRuns: 1000 },
    );
    // The property would hold of a machine that never moves; it moves.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });
});
