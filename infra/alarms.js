import { asynchronous } from './events.js';
import { table } from './functions.js';
import { functionsOf, machines, pascal } from './machines.js';

/** An alarm looks at ten metrics at most ("Create a CloudWatch alarm based on a metric math expression", CloudWatch User Guide). */
const mostMetrics = 10;

const minutes = (count) => count * 60;

/** Alarms, and the topic that they speak to. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const functionName = (name) => `tenure-${stage}-${name}`;
  const Resources = {
    Alarms: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `tenure-${stage}-alarms` } },
    AlarmsPolicy: topicPolicy(stage),
    AlarmMailSubscription: {
      Type: 'AWS::SNS::Subscription',
      Condition: 'HasAlarmMail',
      Properties: { TopicArn: { Ref: 'Alarms' }, Protocol: 'email', Endpoint: { Ref: 'AlarmMail' } },
    },
  };
  const alarm = (id, AlarmDescription, rest) => {
    Resources[`${id}Alarm`] = {
      Type: 'AWS::CloudWatch::Alarm',
      // Emulators know alarms about one metric only.
      ...('Metrics' in rest && { Condition: 'OnAws' }),
      Properties: {
        AlarmName: `tenure-${stage}-${id}`,
        AlarmDescription,
        AlarmActions: [{ Ref: 'Alarms' }],
        OKActions: [{ Ref: 'Alarms' }],
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
        ...rest,
      },
    };
  };

  for (const machine of machines) {
    const Dimensions = [
      {
        Name: 'StateMachineArn',
        Value: {
          'Fn::Sub': `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:tenure-${stage}-${machine}`,
        },
      },
    ];
    for (const [MetricName, what] of [
      ['ExecutionsFailed', 'failed'],
      ['ExecutionsTimedOut', 'took too long'],
      ['ExecutionThrottled', 'was throttled'],
    ]) {
      alarm(
        `${pascal(machine)}${MetricName}`,
        `The workflow ${machine} ${what}: tenure executions list --status failed`,
        {
          Namespace: 'AWS/States',
          MetricName,
          Dimensions,
          Statistic: 'Sum',
          Period: minutes(5),
        },
      );
    }
  }

  // Whoever is called without anybody waiting has no workflow that would fail in its place.
  const alone = asynchronous.filter((name) => name in table);
  for (const name of alone) {
    alarm(`${name}Errors`, `${functionName(name)} failed`, { ...sumOf([name], 'Errors', functionName), Threshold: 1 });
  }
  // A step is tried again by its workflow: single errors are part of life, many are not.
  for (const [id, names] of Object.entries(stepGroups(alone))) {
    alarm(`${id}StepErrors`, `Steps fail again and again: ${names.join(', ')}`, {
      ...sumOf(names, 'Errors', functionName),
      Threshold: 10,
    });
  }
  for (const [id, names] of Object.entries(chunks(Object.keys(table).sort(), 'Functions'))) {
    alarm(`${id}Throttled`, `Lambda throttles: raise the quota of concurrent executions (${names.join(', ')})`, {
      ...sumOf(names, 'Throttles', functionName),
      Threshold: 10,
    });
  }

  alarm('ApiFaults', 'Requests to the API fail: look for the request ids in the log of ServeApi', {
    Namespace: 'AWS/ApiGateway',
    MetricName: '5xx',
    Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }],
    Statistic: 'Sum',
    Period: minutes(5),
    Threshold: 5,
  });
  alarm('DeadLetters', 'An event or a schedule could not be delivered: see the queue of dead letters', {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['DeadLetters', 'QueueName'] } }],
    Statistic: 'Maximum',
    Period: minutes(5),
  });
  alarm('ControlsStale', 'The controls have not run for two hours: nobody would notice what slips', {
    ...ofTenure(stage, 'ControlsRun', 'Sum'),
    ComparisonOperator: 'LessThanThreshold',
    EvaluationPeriods: 2,
    TreatMissingData: 'breaching',
  });
  alarm('ControlsFailed', 'A control fails: tenure controls', ofTenure(stage, 'ControlsFailed', 'Maximum'));
  return { Resources };
}

/** A metric that RunControls publishes (src/lambda.ts). */
function ofTenure(stage, MetricName, Statistic) {
  return {
    Namespace: 'Tenure',
    MetricName,
    Dimensions: [
      { Name: 'service', Value: 'tenure' },
      { Name: 'stage', Value: stage },
    ],
    Statistic,
    Period: minutes(60),
  };
}

/** The sum of one metric over several functions. */
function sumOf(names, MetricName, functionName) {
  return {
    Metrics: [
      { Id: 'total', Expression: 'SUM(METRICS())', Label: MetricName, ReturnData: true },
      ...names.map((name, index) => ({
        Id: `m${index}`,
        ReturnData: false,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName,
            Dimensions: [{ Name: 'FunctionName', Value: functionName(name) }],
          },
          Stat: 'Sum',
          Period: minutes(15),
        },
      })),
    ],
  };
}

/** Steps by the workflow that calls them first; a step is in one group only. */
function stepGroups(alone) {
  const left = new Set(Object.keys(table).filter((name) => !alone.includes(name)));
  const groups = {};
  for (const machine of machines) {
    const own = functionsOf(machine).filter((name) => left.delete(name));
    Object.assign(groups, chunks(own, pascal(machine)));
  }
  return { ...groups, ...chunks([...left].sort(), 'Other') };
}

function chunks(names, id) {
  const count = Math.ceil(names.length / mostMetrics);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      count === 1 ? id : `${id}${index + 1}`,
      names.slice(index * mostMetrics, (index + 1) * mostMetrics),
    ]),
  );
}

function topicPolicy(stage) {
  return {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Alarms' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Alarms',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: 'Alarms' },
            Condition: {
              ArnLike: {
                'aws:SourceArn': {
                  'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:tenure-${stage}-*`,
                },
              },
            },
          },
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 'sns:Publish',
            Resource: { Ref: 'Alarms' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  };
}
