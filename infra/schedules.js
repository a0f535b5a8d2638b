import { join } from 'node:path';
import { readPlanFiles } from '../src/plan-files.ts';
import { logicalId, table } from './functions.js';

/** What Scheduler puts in when it fires: the instant at which the run was due ("Context attributes", EventBridge Scheduler User Guide). */
const scheduledAt = '<aws.scheduler.scheduled-time>';

/**
 * Sweeps and daily work, as cron fields of EventBridge (minute hour day-of-month month day-of-week year). Minutes are spread, so
 * that a new account with ten concurrent functions is not asked for everything at once.
 */
const fixed = {
  Notice: { cron: '5 * * * ? *', input: { kind: 'notice' }, why: 'Notices, reminders and due cases' },
  // A copy has to go within the hour in which it reaches its cap: none may outlive 90 days.
  Expiry: { cron: '15 * * * ? *', input: { kind: 'expiry' }, why: 'Copies whose time is over' },
  RestoreTest: {
    cron: '20 9 * * ? *',
    input: { kind: 'restore-test' },
    why: 'Restore tests that are due, and the rotating read of packs',
  },
  Audit: { cron: '20 11 ? * MON *', input: { kind: 'audit' }, why: 'Obsolete data' },
};

/**
 * Minutes of the hour at which a plan wants its copies: `30 2 * * *` → 30. Backups are swept for at these minutes of every hour,
 * and each sweep takes the sources whose slot has come: a plan's cron is read in the time zone of each tenant, which a schedule
 * of the deployment cannot know, and two plans may want different hours (docs/adr/0015-backups-by-sweep.md).
 */
export function minutesOf(cron) {
  const [field] = cron.trim().split(/\s+/);
  const minutes = field.split(',').flatMap((part) => {
    const [range, step = '1'] = part.split('/');
    const [first, last = part.includes('/') ? '59' : first] = /^[*?]$/.test(range) ? ['0', '59'] : range.split('-');
    return Array.from({ length: 60 }, (_, minute) => minute).filter(
      (minute) => minute >= Number(first) && minute <= Number(last) && (minute - Number(first)) % Number(step) === 0,
    );
  });
  return [...new Set(minutes)].sort((a, b) => a - b);
}

/** The sweeps for backups: one for each cadence that a plan in the folder has. */
export function backupSweeps(folder) {
  const plans = [...readPlanFiles(folder).values()].map(({ plan }) => plan);
  return Object.fromEntries(
    ['daily', 'weekly'].flatMap((cadence) => {
      const crons = plans.flatMap(({ cadences }) => (cadences[cadence] === undefined ? [] : [cadences[cadence].cron]));
      if (crons.length === 0) return [];
      const minutes = [...new Set(crons.flatMap(minutesOf))].sort((a, b) => a - b);
      const name = cadence === 'daily' ? 'DailyBackup' : 'WeeklyBackup';
      return [
        [
          name,
          {
            cron: `${minutes.join(',')} * * * ? *`,
            input: { kind: 'backup', cadence, due: true },
            why: `${cadence} backups that are due`,
          },
        ],
      ];
    }),
  );
}

/** The schedules with their group, and the role in which Scheduler calls the two functions. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const timezone = await resolveVariable('param:timezone');
  const State = await resolveVariable('param:schedules');
  const folder = join(import.meta.dirname, '..', await resolveVariable('param:plans'));
  const runs = Object.entries({ ...backupSweeps(folder), ...fixed }).map(([name, { cron, input, why }]) => [
    name,
    { cron, why, target: 'StartRun', input: { ...input, scheduledAt, requestedBy: 'schedule' } },
  ]);
  const controls = { cron: '40 * * * ? *', why: 'Controls', target: 'RunControls', input: { scheduledAt } };
  // As often as Scheduler calls at all.
  const webhooks = { cron: '* * * * ? *', why: 'Webhooks that wait', target: 'DeliverWebhooks', input: {} };
  const schedules = [...runs, ['Controls', controls], ['Webhooks', webhooks]].map(([name, schedule]) => [
    `${name}Schedule`,
    resource(name, stage, { timezone, State }, schedule),
  ]);
  return { Resources: { Schedules: group(stage), SchedulerRole: role(stage), ...Object.fromEntries(schedules) } };
}

function group(stage) {
  return { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: `tenure-${stage}` } };
}

function resource(name, stage, { timezone, State }, { cron, why, target, input }) {
  return {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: `tenure-${stage}-${name}`,
      Description: why,
      GroupName: { Ref: 'Schedules' },
      ScheduleExpression: `cron(${cron})`,
      ScheduleExpressionTimezone: timezone,
      State,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [logicalId(target), 'Arn'] },
        RoleArn: { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] },
        Input: JSON.stringify(input),
        // What cannot be handed over within the hour is overtaken by the next one; the dead letter says so.
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
      },
    },
  };
}

function role(stage) {
  const targets = ['StartRun', 'RunControls', 'DeliverWebhooks'].filter((name) => name in table);
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: 'What the schedules may do',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: {
                'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                'aws:SourceArn': {
                  'Fn::Sub': `arn:\${AWS::Partition}:scheduler:\${AWS::Region}:\${AWS::AccountId}:schedule-group/tenure-${stage}`,
                },
              },
            },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'schedules',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'Start',
                Effect: 'Allow',
                Action: 'lambda:InvokeFunction',
                Resource: targets.map((name) => ({ 'Fn::GetAtt': [logicalId(name), 'Arn'] })),
              },
              {
                Sid: 'DeadLetters',
                Effect: 'Allow',
                Action: 'sqs:SendMessage',
                Resource: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] },
              },
            ],
          },
        },
      ],
    },
  };
}
