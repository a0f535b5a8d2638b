import { asynchronous } from './events.js';
import { fileOf } from './functions.js';
import { vocabulary } from './rights.js';

/** Nearly everything reads and writes rows. */
const catalog = ['catalog:read', 'catalog:write'];
/** Particulars on record are sealed under the tenant's evidence key. */
const ledger = 'keys:open(evidence)';
/** Reads copies: parts and packs, and the root key that opens them. */
const copies = ['objects:read', 'keys:open(root)'];
/**
 * Clears what an attempt left that came to nothing: its objects, and the root and work keys that no snapshot uses. IAM cannot
 * tell such a root key from that of a snapshot; `clearKeys` (src/repository/leftovers.ts) reads the chain before it destroys any.
 */
const leftovers = [
  'objects:read',
  'objects:delete',
  'keys:list(root,work)',
  'keys:destroy(root,work)',
  'catalog:delete',
];
/**
 * A case that goes on tells people of it: mails, kept as evidence. Effects of a decision that a crash left undone are made
 * good by whichever step of the case comes next, so each step may send what an earlier one could not.
 */
const caseSteps = [...catalog, 'catalog:delete', ledger, 'mail', 'evidence:read', 'evidence:write', 'evidence:delete'];
/** An alert is a row and a mail to the operator. */
const alerts = [...catalog, 'mail'];
/** A catalog that is behind its ledger is found by the evidence store, and read back from there. */
const guard = [
  ...catalog,
  'catalog:delete',
  'evidence:read',
  'keys:open(evidence)',
  'keys:list(root,source,tenant,work,evidence)',
  'keys:public',
];

/** Whoever looks at runs and starts failed ones again. */
const everyWorkflow = 'backup,restore-test,expiry,obsolescence-audit,notice,erasure,take-out';

/**
 * Rights of each function, in the words of rights.js; the reviewed list of what they come to is iam-reviewed.json.
 *
 * Who may delete objects of the repository: expiry (DeleteCopyObjects, RecordExpiry), erasure (DropCopies, SweepSurvivors),
 * and whoever clears leftovers. Who may destroy keys: erasure all kinds, expiry root keys of snapshots whose time
 * is over, SummariseExpiry evidence keys after their years, and whoever clears leftovers root and work keys.
 */
export const rights = {
  // backup
  SelectSources: [...catalog, 'catalog:delete'],
  PrepareSource: [
    ...catalog,
    ...leftovers,
    'keys:open(source)',
    'keys:make(source)',
    'sources:read',
    'hooks',
    'managed:read',
  ],
  PlanShards: [
    ...catalog,
    ...copies,
    ...leftovers,
    'objects:write',
    'keys:open(source,work)',
    'keys:make(root,work)',
    'sources:read',
    'hooks',
  ],
  BackUpShard: [
    ...catalog,
    'catalog:delete',
    ...copies,
    'objects:write',
    'keys:open(source,work)',
    'keys:make(work)',
    'sources:read',
  ],
  CommitSnapshot: [...catalog, ...copies, ...leftovers, 'objects:write', 'keys:open(work)', 'keys:make(root)'],
  ReleaseSource: [...catalog, ...leftovers, 'hooks'],
  StartManagedBackup: [...catalog, 'managed:start', 'managed:read'],
  CheckManagedBackup: [...catalog, 'catalog:delete', 'managed:read'],
  RecordManagedBackup: [...catalog, 'catalog:delete', ledger, 'managed:read'],
  SummariseBackup: alerts,

  // restore test
  SelectRestorePoints: [...catalog, 'workflows:list(restore-test)', 'scratch:read', 'scratch:delete'],
  RestoreIntoScratch: [...catalog, 'catalog:delete', ...copies, 'scratch:read', 'scratch:write', 'scratch:delete'],
  CompareRestored: [...catalog, ...copies, 'scratch:read', 'hooks'],
  CleanUpScratch: ['scratch:read', 'scratch:delete'],
  StartManagedRestore: [...catalog, 'managed:read', 'managed:test'],
  CheckManagedRestore: [...catalog, 'managed:test'],
  ValidateManagedRestore: [...catalog, 'hooks', 'managed:test'],
  CleanUpManagedRestore: [...catalog, 'managed:test'],
  RecordRestoreTest: [...catalog, ledger],
  SelectPackSources: catalog,
  ReadPacks: [...catalog, ...copies],
  SummariseRestoreTests: alerts,

  // expiry
  ListCopies: catalog,
  CondemnCopies: [...catalog, ...copies, ...leftovers, ledger],
  DeleteManagedCopies: [...catalog, 'catalog:delete', ledger, 'managed:read', 'managed:delete'],
  DestroyCopyKeys: [...catalog, 'keys:destroy(root)'],
  // What was taken out of a copy and lies ready in scratch goes with it.
  DeleteCopyObjects: [...catalog, 'catalog:delete', 'objects:delete', 'scratch:read', 'scratch:delete'],
  RecordExpiry: [...catalog, ...copies, ...leftovers],
  SummariseExpiry: [...alerts, 'keys:list(evidence)', 'keys:destroy(evidence)'],

  // audit
  SelectAuditTenants: catalog,
  AuditTenant: [...catalog, 'sources:read'],
  SummariseAudit: alerts,

  // notice
  SelectCases: catalog,
  SendDueNotices: caseSteps,
  StartDueErasure: [...catalog, 'workflows:start(erasure)'],
  SummariseNotices: alerts,

  // erasure
  GateErasure: caseSteps,
  FreezeScope: catalog,
  TakeInventory: [
    ...catalog,
    ...copies,
    ledger,
    'evidence:read',
    'evidence:write',
    'evidence:delete',
    'sources:read',
    'managed:read',
  ],
  // What lies in S3 is not overwritten: that would only add a version.
  OverwritePass: caseSteps,
  DeleteLive: [...caseSteps, 'sources:sweep', 'sources:delete'],
  DropCopies: [
    ...caseSteps,
    ...copies,
    ...leftovers,
    'objects:write',
    'keys:open(source)',
    'keys:make(root)',
    'managed:read',
    'managed:delete',
  ],
  DestroyKeys: [...caseSteps, 'keys:list(root,source,tenant,work)', 'keys:destroy(root,source,tenant,work)'],
  SweepSurvivors: [
    ...caseSteps,
    ...copies,
    'objects:delete',
    'keys:list(root,source,tenant,work)',
    'sources:sweep',
    'scratch:read',
    'scratch:delete',
    'managed:read',
    'managed:delete',
  ],
  ReportRemainder: caseSteps,
  IssueCertificate: [...caseSteps, 'keys:sign', 'keys:public'],
  SendReport: [...caseSteps, 'keys:public'],
  CloseCase: caseSteps,

  // take-out
  TakeOut: [
    ...catalog,
    'catalog:delete',
    ...copies,
    ledger,
    'scratch:read',
    'scratch:write',
    'scratch:delete',
    'restores:write',
  ],

  // every workflow
  RecordFault: alerts,

  // schedules and events
  StartRun: [...guard, 'workflows:start(backup,restore-test,expiry,obsolescence-audit,notice)'],
  RunControls: [...guard, 'evidence:write', 'mail', 'keys:sign', 'keys:recoveries'],
  TakeMailEvent: caseSteps,
  TakeBackupEvent: [...alerts, 'catalog:delete', ledger, 'managed:read'],

  // Callbacks of OpenDSR are signed with the deployment's own key.
  DeliverWebhooks: [...alerts, 'catalog:delete', 'events', 'keys:sign', 'keys:public'],

  // What comes in over HTTP: what people may do with the command line, and what each of them may do is the API's own business.
  // Nothing is destroyed here: a case that is due is erased by its workflow.
  ServeApi: [
    ...guard,
    ...caseSteps,
    ...copies,
    // People are marked under a key of the home, which is made when first wanted.
    'keys:open(home)',
    'keys:make(evidence,home,source,tenant)',
    'managed:read',
    // Paths of a case are looked for among versions too.
    'sources:read',
    'sources:sweep',
    'scratch:read',
    `workflows:start(${everyWorkflow})`,
    `workflows:list(${everyWorkflow})`,
    'secrets:stripe',
    'keys:sign',
  ],

  // the command line
  RegisterPlans: guard,
};

/**
 * What a person does with the command line: sees everything, restores, opens and approves cases, starts runs. Who destroys is the
 * deployment. In two policies, since one holds 6,144 signs ("IAM and AWS STS quotas").
 */
const operator = {
  OperatorDataPolicy: [
    ...catalog,
    'catalog:delete',
    'objects:read',
    'evidence:read',
    'evidence:write',
    'keys:open(evidence,home,root,source,work)',
    'keys:make(evidence,home,source,tenant)',
    'keys:list(evidence,root,source,tenant,work)',
    'keys:public',
    'keys:recoveries',
  ],
  OperatorRunsPolicy: [
    'settings',
    'plans',
    'mail',
    'managed:read',
    'sources:read',
    'sources:sweep',
    `workflows:start(${everyWorkflow})`,
    `workflows:list(${everyWorkflow})`,
    `workflows:stop(${everyWorkflow})`,
  ],
};

/** A role for each function, and the policies for people. */
export async function template({ resolveVariable }) {
  const param = async (name) => String((await resolveVariable(`param:${name}`)) ?? '');
  const stage = await resolveVariable('sls:stage');
  const statementsOf = vocabulary({
    stage,
    sourceBuckets: await param('sourceBuckets'),
    sourceRoles: await param('sourceRoles'),
    mailFrom: await param('mailFrom'),
    restoreRoot: await param('restoreRoot'),
    stripeParameter: await param('stripeParameter'),
  });
  const roles = Object.entries(rights).map(([name, own]) => {
    const words = [...new Set([...own, ...(asynchronous.includes(name) ? ['dead-letters'] : [])])];
    return [`${name}Role`, role(name, stage, merged(words.flatMap(statementsOf)))];
  });
  const policies = Object.entries(operator).map(([name, words]) => [
    name,
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        Description: `For people who use the command line on the stage ${stage}`,
        PolicyDocument: { Version: '2012-10-17', Statement: merged(words.flatMap(statementsOf)) },
      },
    },
  ]);
  return {
    Resources: Object.fromEntries([...roles, ...policies]),
    Outputs: Object.fromEntries(Object.keys(operator).map((name) => [name, { Value: { Ref: name } }])),
  };
}

/** Statements of one name are one: their actions, resources and kinds of keys come together. */
function merged(statements) {
  const byName = new Map();
  for (const statement of statements) {
    const known = byName.get(statement.Sid);
    byName.set(statement.Sid, known === undefined ? statement : joined(known, statement));
  }
  return [...byName.values()];
}

function joined(a, b) {
  const union = (one, other) => {
    const all = new Map([one, other].flat().map((value) => [JSON.stringify(value), value]));
    return all.size === 1 ? [...all.values()][0] : [...all.values()];
  };
  const keys = 'ForAllValues:StringLike';
  const kinds = (statement) => statement.Condition?.[keys]?.['dynamodb:LeadingKeys'];
  return {
    ...a,
    Action: union(a.Action, b.Action),
    Resource: union(a.Resource, b.Resource),
    ...(kinds(a) && { Condition: { [keys]: { 'dynamodb:LeadingKeys': union(kinds(a), kinds(b)).sort() } } }),
  };
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
              // Traces know no resources ("Actions defined by AWS X-Ray").
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
