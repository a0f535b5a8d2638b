import { machines } from './machines.js';

/** One page: are the promises kept, do the workflows run, is anything stuck. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const region = '${AWS::Region}';
  const machine = (name) =>
    `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:tenure-${stage}-${name}`;
  const widget = (title, metrics, x, y, options = {}) => ({
    type: 'metric',
    x,
    y,
    width: 12,
    height: 6,
    properties: { title, region, metrics, stat: 'Sum', period: 3600, view: 'timeSeries', ...options },
  });
  const ended = (metric) =>
    machines.map((name) => ['AWS/States', metric, 'StateMachineArn', machine(name), { label: name }]);
  const ofTenure = (metric) => ['Tenure', metric, 'service', 'tenure', 'stage', stage];
  const widgets = [
    widget('Controls', [ofTenure('ControlsRun'), ofTenure('ControlsFailed')], 0, 0, { stat: 'Maximum' }),
    widget(
      'Dead letters',
      [['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', `tenure-${stage}-dead-letters`]],
      12,
      0,
      { stat: 'Maximum' },
    ),
    widget('Workflows that succeeded', ended('ExecutionsSucceeded'), 0, 6),
    widget('Workflows that failed', ended('ExecutionsFailed'), 12, 6),
    widget(
      'Longest workflows (ms)',
      machines.map((name) => ['AWS/States', 'ExecutionTime', 'StateMachineArn', machine(name), { label: name }]),
      0,
      12,
      { stat: 'Maximum' },
    ),
    widget(
      'Functions at the same time',
      [
        ['AWS/Lambda', 'ConcurrentExecutions'],
        ['AWS/Lambda', 'Throttles'],
      ],
      12,
      12,
      { stat: 'Maximum' },
    ),
    widget(
      'Catalog',
      [
        ['AWS/DynamoDB', 'ConsumedReadCapacityUnits', 'TableName', `tenure-${stage}-catalog`],
        ['AWS/DynamoDB', 'ConsumedWriteCapacityUnits', 'TableName', `tenure-${stage}-catalog`],
      ],
      0,
      18,
    ),
    widget(
      'Mail',
      [
        ['AWS/SES', 'Send'],
        ['AWS/SES', 'Bounce'],
        ['AWS/SES', 'Complaint'],
      ],
      12,
      18,
    ),
  ];
  return {
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: { DashboardName: `tenure-${stage}`, DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets }) } },
      },
    },
  };
}
