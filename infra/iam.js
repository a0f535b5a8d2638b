import { fileOf, table } from './functions.js';
import { vocabulary } from './rights.js';

const all = [
  'catalog:read',
  'catalog:write',
  'objects:read',
  'objects:write',
  'objects:delete',
  'keys:open',
  'keys:make',
  'keys:destroy',
  'keys:sign',
  'evidence:read',
  'evidence:write',
  'mail',
  'sources:read',
  'sources:delete',
  'scratch:read',
  'scratch:write',
  'scratch:delete',
  'hooks',
];

/** Rights of each function. */
export const rights = Object.fromEntries(Object.keys(table).map((name) => [name, all]));

/** A role for each function. */
export async function template({ resolveVariable }) {
  const param = async (name) => String((await resolveVariable(`param:${name}`)) ?? '');
  const stage = await resolveVariable('sls:stage');
  const words = vocabulary({
    stage,
    sourceBuckets: await param('sourceBuckets'),
    sourceRoles: await param('sourceRoles'),
    commandFunctions: await param('commandFunctions'),
    mailFrom: await param('mailFrom'),
  });
  const roles = Object.entries(rights).map(([name, wanted]) => [
    `${name}Role`,
    role(
      name,
      stage,
      wanted.flatMap((word) => statementsOf(words, name, word)),
    ),
  ]);
  return { Resources: Object.fromEntries(roles) };
}

function statementsOf(words, name, word) {
  const found = words[word];
  if (found === undefined)
    throw new Error(`infra/iam.js: ${name} has the right "${word}", which infra/rights.js does not know`);
  return found.filter((statement) => statement !== undefined);
}

function role(name, stage, statements) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `What functions/${fileOf(name)}.ts may do`,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        {
          PolicyName: 'function',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'Log',
                Effect: 'Allow',
                Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
                Resource: {
                  'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/tenure-${stage}-${name}:*`,
                },
              },
              // Traces know no resources.
              {
                Sid: 'Trace',
                Effect: 'Allow',
                Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
                Resource: '*',
              },
              ...statements,
            ],
          },
        },
      ],
    },
  };
}
