/** What both plans that `init` writes have in common; retention is generous: every daily copy until the cap. */
const shared = `# When backups are due: cron fields (minute hour day month weekday) in the tenant's time zone.
# A slot without a copy within its window is reported as missed.
cadences:
  daily: { cron: "0 2 * * *", windowHours: 12 }
  weekly: { cron: "0 3 * * 0", windowHours: 24 }

# Which copies stay. The rules mean what they mean in restic; retentionDays is the cap and always wins (at most 90).
# Further rules: keepLast, keepHourly, keepMonthly, keepYearly (a number or "all"),
# keepWithin and keepWithinHourly ... keepWithinYearly (a duration such as 1y2m3d4h).
retention:
  retentionDays: 90
  keepDaily: 90
  keepWeekly: 13

# Nothing is erased without notice: whole days of the tenant, at least 30, from the delivered notice to the due day.
notice:
  noticeDays: 30
  reminders: [7, 1] # days before the due day
  startLevel: relayed # what a delivery must reach: relayed, accepted or acknowledged
`;

const common = `
# Every source is restored and compared this often; every pack is read in full within coverageDays.
# validator: a shell command that gets the restored folder, for instance a virus scan.
restoreTests:
  everyDays: 7
  coverageDays: 30
  recoveryTimeObjectiveMinutes: 240

# What the audit reports for an operator to look at. Nothing is erased by a finding alone.
obsolete:
  - { rule: unmodified, days: 365 }
  - { rule: agreement-ended, days: 30 }
  - { rule: source-missing, days: 30 }

# How live data is overwritten before it is deleted; verify reads a pass back.
erasure:
  method: purge # clear or purge, as in NIST SP 800-88
  passes:
    - { pattern: random, verify: false }
    - { pattern: zeros, verify: true }

# Days in which a customer may take a request of their own back.
coolingOffDays: 7

# The clauses of your agreement that allow erasure. They stand on notices and certificates: put your own here.
authority:
  nonPayment: "Terms of service, clause on accounts that stay unpaid"
  obsolete: "Terms of service, clause on data that is no longer used"

# The most that may happen on one day without anybody looking.
limits:
  erasuresPerDay: 10
  noticesPerDay: 3
  noticesPerDayPercent: 5 # of all tenants; the larger of both counts

# Years after which the particulars in the ledger become unreadable.
evidenceYears: 10
`;

/** The plan `standard` as `init` writes it: erasing a whole tenant needs a second person, and a week passes after the due day. */
export const standardPlan = `# Plan "standard". Every version is kept; a case stays with the version it began under.
name: standard

${shared}
# Whole days after the due day before anything is destroyed, so that a late payment still counts.
settlementDays: 7

# required: a second person approves the erasure of a whole tenant; none: nobody is asked.
approval: required
${common}`;

/** The plan `unattended` as `init` writes it: nobody approves, and destruction begins right after the due day. */
export const unattendedPlan = `# Plan "unattended". Every version is kept; a case stays with the version it began under.
name: unattended

${shared}
# Destruction begins as soon as the due day is over.
settlementDays: 0

# Nobody is asked before a whole tenant is erased. Holds, limits and the notice apply all the same.
approval: none
${common}`;
