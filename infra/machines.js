import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logicalId } from './functions.js';

const folder = join(import.meta.dirname, '../state-machines');

/** `backup.asl.json` → `backup`; the file is the machine. */
export const machines = readdirSync(folder)
  .filter((file) => file.endsWith('.asl.json'))
  .map((file) => file.replace('.asl.json', ''))
  .sort();

/** `restore-test` → `RestoreTest`. */
export const pascal = (name) => name.replaceAll(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase());

const definitionText = (machine) => readFileSync(join(folder, `${machine}.asl.json`), 'utf8');

/** Functions that a machine calls: `${BackUpShardArn}` → `BackUpShard`. */
export function functionsOf(machine) {
  return [...new Set([...definitionText(machine).matchAll(/\$\{(\w+)Arn\}/g)].map(([, name]) => name))].sort();
}

/** The machines for serverless-step-functions. It puts what stands in `#{…}` into an `Fn::Sub`, so the files stay as every runtime reads them. */
export async function stateMachines({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  return Object.fromEntries(
    machines.map((machine) => [
      machine,
      {
        id: `${pascal(machine)}Machine`,
        name: `tenure-${stage}-${machine}`,
        type: 'STANDARD',
        role: { 'Fn::GetAtt': [`${pascal(machine)}MachineRole`, 'Arn'] },
        definition: JSON.parse(
          definitionText(machine).replaceAll(/\$\{(\w+)Arn\}/g, (_, name) => `#{${logicalId(name)}.Arn}`),
        ),
        loggingConfig: {
          level: 'ERROR',
          // Names of runs, ordinals and faults; what a state gets holds nothing else.
          includeExecutionData: false,
          destinations: [{ 'Fn::GetAtt': [`${pascal(machine)}MachineLogs`, 'Arn'] }],
        },
        tracingConfig: { enabled: true },
      },
    ]),
  );
}

/** Role and log group of each machine. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const days = Number(await resolveVariable('param:logRetentionDays'));
  const Resources = {};
  for (const machine of machines) {
    Resources[`${pascal(machine)}MachineLogs`] = {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/aws/vendedlogs/states/tenure-${stage}-${machine}`, RetentionInDays: days },
    };
    Resources[`${pascal(machine)}MachineRole`] = role(machine, `tenure-${stage}-${machine}`);
  }
  return { Resources };
}

/**
 * A machine may call its own functions, and start and watch executions of itself, which is what a DISTRIBUTED Map does. The ARNs
 * are written out: taken from the machine, machine and role would wait for each other.
 */
function role(machine, name) {
  const states = (kind, rest) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:${kind}:${name}${rest}`,
  });
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What the workflow ${machine} may do`,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'states.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'workflow',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'Steps',
                Effect: 'Allow',
                Action: 'lambda:InvokeFunction',
                Resource: functionsOf(machine).map((step) => ({ 'Fn::GetAtt': [logicalId(step), 'Arn'] })),
              },
              { Sid: 'Maps', Effect: 'Allow', Action: 'states:StartExecution', Resource: states('stateMachine', '') },
              {
                Sid: 'MapRuns',
                Effect: 'Allow',
                Action: ['states:DescribeExecution', 'states:StopExecution'],
                // The executions of a Map are named `<machine>/<Map's label>:<id>`.
                Resource: [states('execution', ':*'), states('execution', '/*')],
              },
              // A run that was stopped within a Map is redriven with the items that it had not ended.
              {
                Sid: 'MapAgain',
                Effect: 'Allow',
                Action: 'states:RedriveExecution',
                Resource: states('execution', '/*'),
              },
              // Log deliveries and traces know no resources ("Using CloudWatch Logs to log execution history", "X-Ray and Step
              // Functions", AWS Step Functions Developer Guide).
              {
                Sid: 'Logs',
                Effect: 'Allow',
                Action: [
                  'logs:CreateLogDelivery',
                  'logs:GetLogDelivery',
                  'logs:UpdateLogDelivery',
                  'logs:DeleteLogDelivery',
                  'logs:ListLogDeliveries',
                  'logs:PutResourcePolicy',
                  'logs:DescribeResourcePolicies',
                  'logs:DescribeLogGroups',
                ],
                Resource: '*',
              },
              {
                Sid: 'Traces',
                Effect: 'Allow',
                Action: [
                  'xray:PutTraceSegments',
                  'xray:PutTelemetryRecords',
                  'xray:GetSamplingRules',
                  'xray:GetSamplingTargets',
                ],
                Resource: '*',
              },
            ],
          },
        },
      ],
    },
  };
}
