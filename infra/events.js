import { logicalId } from './functions.js';

/** Events that functions take: who sends them, and which. */
const taken = {
  TakeMailEvent: {
    why: 'What became of mails: delivered, bounced, complained about',
    pattern: (stage) => ({
      source: ['aws.ses'],
      'detail-type': [
        'Email Delivered',
        'Email Bounced',
        'Email Complaint Received',
        'Email Rejected',
        'Email Rendering Failed',
        'Email Delivery Delayed',
      ],
      detail: { mail: { tags: { 'ses:configuration-set': [`tenure-${stage}`] } } },
    }),
  },
  TakeBackupEvent: {
    why: 'Jobs of AWS Backup that have ended, copies it has made, points that are gone',
    pattern: () => ({
      source: ['aws.backup'],
      'detail-type': ['Backup Job State Change', 'Copy Job State Change', 'Recovery Point State Change'],
    }),
  },
};

/** Functions that are called without anybody waiting: by schedules and rules. What fails three times is kept as a dead letter. */
export const asynchronous = ['StartRun', 'RunControls', 'DeliverWebhooks', ...Object.keys(taken)];

/** Six hours: longer than an outage that retries can bridge, shorter than what a later sweep mends anyway. */
const longestAgeSeconds = 6 * 3600;

/** Rules, and what becomes of events that nobody could take. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const rules = Object.entries(taken).flatMap(([name, { why, pattern }]) => [
    [
      `${name}Rule`,
      {
        Type: 'AWS::Events::Rule',
        Properties: {
          Name: `tenure-${stage}-${name}`,
          Description: why,
          EventPattern: pattern(stage),
          Targets: [
            {
              Id: name,
              Arn: { 'Fn::GetAtt': [logicalId(name), 'Arn'] },
              RetryPolicy: { MaximumEventAgeInSeconds: longestAgeSeconds, MaximumRetryAttempts: 100 },
              DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
            },
          ],
        },
      },
    ],
    [
      `${name}Permission`,
      {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { 'Fn::GetAtt': [logicalId(name), 'Arn'] },
          Principal: 'events.amazonaws.com',
          SourceArn: { 'Fn::GetAtt': [`${name}Rule`, 'Arn'] },
        },
      },
    ],
  ]);
  const failures = asynchronous.map((name) => [
    `${name}Failures`,
    {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: logicalId(name) },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: longestAgeSeconds,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } },
      },
    },
  ]);
  return { Resources: { ...deadLetters(stage), ...Object.fromEntries([...rules, ...failures]) } };
}

/** One queue for all: an alarm looks at its length, and each letter says where it was going. */
function deadLetters(stage) {
  const arn = { 'Fn::GetAtt': ['DeadLetters', 'Arn'] };
  return {
    DeadLetters: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: `tenure-${stage}-dead-letters`,
        SqsManagedSseEnabled: true,
        // The longest that SQS keeps.
        MessageRetentionPeriod: 14 * 86_400,
      },
    },
    DeadLettersPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'DeadLetters' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'Rules',
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arn,
              Condition: {
                ArnEquals: {
                  'aws:SourceArn': Object.keys(taken).map((name) => ({ 'Fn::GetAtt': [`${name}Rule`, 'Arn'] })),
                },
              },
            },
            {
              Sid: 'TlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sqs:*',
              Resource: arn,
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },
  };
}
