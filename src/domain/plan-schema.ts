import { z } from 'zod';
import { count, days, keepCount, keepDuration, maxDays, text } from './plan-fields.ts';
import { isCron } from './slots.ts';
import { subscriptionStatuses } from './stripe-event.ts';

/** No copy outlives this many days, whatever a plan says (promise 4). */
export const maxRetentionDays = 90;

/** Nobody is erased with fewer days' notice than this (promise 6). */
export const minNoticeDays = 30;

const cadence = z.strictObject({
  /** Five cron fields, read in the tenant's time zone. */
  cron: z.string({ error: 'must be text with five cron fields' }).refine(isCron, {
    error: (issue) => `"${issue.input}" is not a cron expression of five fields that ever comes`,
  }),
  /** Hours after the slot within which the copy must exist, else the slot is missed. */
  windowHours: count(1, 168),
});

/** Fields of `retention` that keep copies; at least one must be there. */
export const keepRules = [
  'keepLast',
  'keepHourly',
  'keepDaily',
  'keepWeekly',
  'keepMonthly',
  'keepYearly',
  'keepWithin',
  'keepWithinHourly',
  'keepWithinDaily',
  'keepWithinWeekly',
  'keepWithinMonthly',
  'keepWithinYearly',
] as const;

const retention = z
  .strictObject({
    /** The cap in units of 24 hours: an older copy is never kept, whatever the rules say. */
    retentionDays: z
      .int({ error: 'must be a whole number of days' })
      .min(1, { error: (issue) => `${issue.input} is too few, at least 1` })
      .max(maxRetentionDays, { error: (issue) => `${issue.input} is over the cap of ${maxRetentionDays} days` })
      .default(maxRetentionDays),
    /** Copies to keep by count; `all` has no end but the cap. */
    keepLast: keepCount.exactOptional(),
    keepHourly: keepCount.exactOptional(),
    keepDaily: keepCount.exactOptional(),
    keepWeekly: keepCount.exactOptional(),
    keepMonthly: keepCount.exactOptional(),
    keepYearly: keepCount.exactOptional(),
    /** Copies to keep by age before the newest copy, as restic writes durations: `1y2m3d4h`. */
    keepWithin: keepDuration.exactOptional(),
    keepWithinHourly: keepDuration.exactOptional(),
    keepWithinDaily: keepDuration.exactOptional(),
    keepWithinWeekly: keepDuration.exactOptional(),
    keepWithinMonthly: keepDuration.exactOptional(),
    keepWithinYearly: keepDuration.exactOptional(),
  })
  .refine((value) => keepRules.some((rule) => value[rule] !== undefined), {
    error: 'has no keep rule, which would remove every copy; add one, for instance keepDaily: 90',
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

const notice = z
  .strictObject({
    /** Whole days of the tenant between the delivered notice and the due day. */
    noticeDays: z
      .int({ error: 'must be a whole number of days' })
      .min(minNoticeDays, { error: (issue) => `${issue.input} is fewer than the promised ${minNoticeDays} days` })
      .max(maxDays, { error: (issue) => `${issue.input} is too many, at most ${maxDays}` }),
    /** Days before the due day on which a reminder goes out, largest first. */
    reminders: z.array(days(1), { error: 'must be a list of days before the due day' }).default([7, 1]),
    /** Level that a delivery must reach for the clock to start. */
    startLevel: z
      .enum(['relayed', 'accepted', 'acknowledged'], { error: 'must be relayed, accepted or acknowledged' })
      .default('relayed'),
  })
  .superRefine(({ noticeDays, reminders }, context) => {
    reminders.forEach((day, index) => {
      const path = ['reminders', index];
      // A notice that is too short is reported itself.
      if (day >= Math.max(noticeDays, minNoticeDays))
        context.addIssue({
          code: 'custom',
          path,
          message: `${day} days before is not within the notice of ${noticeDays} days`,
        });
      if (reminders.indexOf(day) !== index)
        context.addIssue({ code: 'custom', path, message: `${day} stands there twice` });
    });
  })
  .transform((value) => ({ ...value, reminders: value.reminders.toSorted((a, b) => b - a) }));

const restoreTests = z.strictObject({
  /** Every source is tested at least this often. */
  everyDays: days(1, 366).default(7),
  /** Within this many days each pack is read in full once. */
  coverageDays: days(1, 366).default(30),
  /** A restore that takes longer fails its test. */
  recoveryTimeObjectiveMinutes: count(1, 525_600).default(240),
  /** Shell command that gets the restored folder; anything but exit code 0 fails the test. */
  validator: text('a shell command').exactOptional(),
});

const obsolete = z
  .array(
    z.strictObject({
      rule: z.enum(['unmodified', 'agreement-ended', 'source-missing', 'tenant-idle'], {
        error: 'must be unmodified, agreement-ended, source-missing or tenant-idle',
      }),
      days: days(1),
    }),
    { error: 'must be a list of rules' },
  )
  .superRefine((rules, context) => {
    rules.forEach(({ rule }, index) => {
      if (rules.findIndex((other) => other.rule === rule) === index) return;
      context.addIssue({ code: 'custom', path: [index, 'rule'], message: `${rule} stands there twice` });
    });
  });

const erasure = z.strictObject({
  /** Overwriting of live data, in this order. */
  passes: z
    .array(
      z.strictObject({
        pattern: z.enum(['zeros', 'ones', 'random'], { error: 'must be zeros, ones or random' }),
        /** Read the pass back and compare. */
        verify: z.boolean({ error: 'must be true or false' }),
      }),
      { error: 'must be a list of passes' },
    )
    .min(1, { error: 'must have at least one pass' })
    .max(35, { error: 'has more than 35 passes' })
    .default([
      { pattern: 'random', verify: false },
      { pattern: 'zeros', verify: true },
    ]),
  /** What is aimed at, in the words of NIST SP 800-88. */
  method: z.enum(['clear', 'purge'], { error: 'must be clear or purge' }).default('purge'),
});

const limits = z.strictObject({
  /** Whole tenants whose erasure may begin on one day. */
  erasuresPerDay: count(0, 10_000).default(10),
  /** Tenants that may be newly noticed on one day; the larger of number and percentage counts. */
  noticesPerDay: count(0, 10_000).default(3),
  noticesPerDayPercent: count(0, 100).default(5),
});

/** A plan as it stands in YAML, with its defaults. Unknown fields are refused: a misspelt rule would silently not apply. */
export const planSchema = z.strictObject({
  name: z.string({ error: 'must be text' }).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: (issue) => `"${issue.input}" must be of a-z, 0-9 and -, at most 63 characters`,
  }),
  /** When backups are due. Either may be absent, not both. */
  cadences: z
    .strictObject({ daily: cadence.exactOptional(), weekly: cadence.exactOptional() })
    .refine(({ daily, weekly }) => daily !== undefined || weekly !== undefined, {
      error: 'has neither daily nor weekly, so nothing would be backed up',
      when: ({ value }) => typeof value === 'object' && value !== null,
    }),
  retention,
  notice,
  /** Whole days of the tenant after the due day before anything is destroyed. */
  settlementDays: days(0).default(7),
  restoreTests: restoreTests.prefault({}),
  /** What an audit reports as obsolete. */
  obsolete: obsolete.default([]),
  erasure: erasure.prefault({}),
  /** `required`: erasing a whole tenant needs a second person. */
  approval: z.enum(['required', 'none'], { error: 'must be required or none' }),
  /** Whole days that a customer has to take a request of their own back. */
  coolingOffDays: days(0).default(7),
  /** Clauses of the agreement that allow erasure; they stand on notices and certificates. */
  authority: z.strictObject({
    nonPayment: text("the agreement's clause on accounts that stay unpaid"),
    obsolete: text("the agreement's clause on obsolete data"),
  }),
  limits: limits.prefault({}),
  /** What statuses of a Stripe subscription mean; those left out mean what `defaultMeanings` says. */
  stripe: z
    .strictObject({
      subscriptionStatus: z.partialRecord(z.enum(subscriptionStatuses), z.enum(['unpaid', 'paid', 'ignore'])),
    })
    .exactOptional(),
  /** Years after which the particulars in the ledger become unreadable. */
  evidenceYears: count(1, 100).default(10),
});

/** Policy as code, checked and with every default filled in. */
export type Plan = z.output<typeof planSchema>;
