/** One statement. */
function allow(Sid, Action, Resource, Condition) {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

const sub = (text) => ({ 'Fn::Sub': text });
const arnOf = (resource) => ({ 'Fn::GetAtt': [resource, 'Arn'] });
const within = (bucket, prefix = '') => sub(`\${${bucket}.Arn}/${prefix}*`);
const own = (service, rest) => sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`);
const listed = (text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Rights in the words of the ports, each with the calls that its adapter makes. A word may have an argument: `keys:open(root)`.
 * What a word needs besides stands beside it in the table of iam.js; nothing is included silently.
 *
 * @param place stage and parameters of the deployment
 * @returns for a word its statements; nothing where the deployment names nothing that they could be about
 */
export function vocabulary({ stage, sourceBuckets, sourceRoles, mailFrom, restoreRoot, stripeParameter }) {
  const buckets = listed(sourceBuckets);
  const roles = listed(sourceRoles);
  const words = {
    ...tableWords(),
    ...storeWords(),
    ...keyWords(stage),
    ...sourceWords(buckets, roles),
    ...workflowWords(stage),
    ...managedWords(),

    mail: () => [
      allow(
        'Mail',
        'ses:SendRawEmail',
        [own('ses', 'identity/*'), own('ses', 'configuration-set/${MailConfiguration}')],
        {
          StringEquals: { 'ses:FromAddress': mailFrom },
        },
      ),
    ],
    // Commands of customers are functions with this name and no other (src/adapters/aws/lambda-command.ts).
    hooks: () => [allow('Hooks', 'lambda:InvokeFunction', own('lambda', 'function:tenure-hook-*'))],
    // What the command line begins with: the settings of the deployment, and its plans.
    settings: () => [allow('Settings', 'ssm:GetParameter', own('ssm', `parameter/tenure/${stage}/settings`))],
    plans: () => [allow('Plans', 'lambda:InvokeFunction', { 'Fn::GetAtt': ['RegisterPlansLambdaFunction', 'Arn'] })],
    // Secrets of the Stripe endpoint, encrypted with the account's own key for parameters.
    'secrets:stripe': () =>
      stripeParameter === ''
        ? []
        : [allow('StripeSecrets', 'ssm:GetParameter', own('ssm', `parameter/${stripeParameter.replace(/^\//, '')}`))],
    // What happens is told on the account's own bus, under this stage's name.
    events: () => [
      allow('Events', 'events:PutEvents', own('events', 'event-bus/default'), {
        StringEquals: { 'events:source': `tenure.${stage}` },
      }),
    ],
    'restores:write': () => restoreRights(restoreRoot),
    'dead-letters': () => [allow('DeadLetters', 'sqs:SendMessage', arnOf('DeadLetters'))],
  };
  return (word) => {
    const [, name, argument] = /^([a-z:-]+)(?:\(([a-z,-]+)\))?$/.exec(word) ?? [];
    if (words[name] === undefined) throw new Error(`infra/rights.js knows no right "${word}"`);
    return words[name](argument?.split(','));
  };
}

/** Table: src/adapters/aws/dynamodb-*.ts. A put is an UpdateItem, since it counts the version up. */
function tableWords() {
  const rows = arnOf('CatalogTable');
  return {
    'catalog:read': () => [
      allow('CatalogRead', ['dynamodb:GetItem', 'dynamodb:Query'], [rows, sub('${CatalogTable.Arn}/index/*')]),
    ],
    'catalog:write': () => [allow('CatalogWrite', ['dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'], rows)],
    'catalog:delete': () => [allow('CatalogDelete', 'dynamodb:DeleteItem', rows)],
  };
}

/** ObjectStore and scratch: src/adapters/aws/s3-*.ts. Without the right to list, S3 answers 403 and not 404 for what is absent. */
function storeWords() {
  const read = (name, bucket) => [
    allow(`${name}List`, 's3:ListBucket', arnOf(bucket)),
    allow(`${name}Read`, 's3:GetObject', within(bucket)),
  ];
  const write = (name, bucket) => [allow(`${name}Write`, ['s3:PutObject', 's3:AbortMultipartUpload'], within(bucket))];
  // A purge lists versions, deletes each, and looks why one is still there.
  const remove = (name, bucket, prefix) => [
    allow(
      `${name}Versions`,
      ['s3:ListBucketVersions', 's3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration'],
      arnOf(bucket),
    ),
    allow(
      `${name}Delete`,
      ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
      within(bucket, prefix),
    ),
  ];
  return {
    'objects:read': () => read('Repository', 'RepositoryBucket'),
    'objects:write': () => write('Repository', 'RepositoryBucket'),
    'objects:delete': () => remove('Repository', 'RepositoryBucket'),
    'evidence:read': () => read('Evidence', 'EvidenceBucket'),
    'evidence:write': () => [
      ...write('Evidence', 'EvidenceBucket'),
      allow('EvidenceLock', ['s3:PutObjectRetention', 's3:GetObjectRetention'], within('EvidenceBucket')),
    ],
    // Inventories lie there until the report has them. Of the ledger nobody may delete.
    'evidence:delete': () => remove('Evidence', 'EvidenceBucket', 'cases/'),
    'scratch:read': () => read('Scratch', 'ScratchBucket'),
    // A long object that a function ran out of time for is gone on with by the next one: its parts are looked up.
    'scratch:write': () => [
      ...write('Scratch', 'ScratchBucket'),
      allow('ScratchUploads', 's3:ListBucketMultipartUploads', arnOf('ScratchBucket')),
      allow('ScratchParts', 's3:ListMultipartUploadParts', within('ScratchBucket')),
    ],
    'scratch:delete': () => [
      ...remove('Scratch', 'ScratchBucket'),
      allow('ScratchUploads', 's3:ListBucketMultipartUploads', arnOf('ScratchBucket')),
      allow('ScratchAbort', 's3:AbortMultipartUpload', within('ScratchBucket')),
    ],
  };
}

/**
 * KeyStore: src/adapters/aws/kms-*.ts. Keys of a kind share the beginning of their partition (`root/acme`), and records of
 * destruction lie under `gone/`, so a right is about kinds of keys: a function that opens root keys cannot touch a tenant's.
 * Keys below a tenant are wrapped by the tenant's, which the master key wraps.
 */
function keyWords(stage) {
  const tables = [
    arnOf('KeysTable'),
    {
      'Fn::If': [
        'HasSecondRegion',
        sub(`arn:\${AWS::Partition}:dynamodb:\${SecondRegion}:\${AWS::AccountId}:table/tenure-${stage}-keys`),
        { Ref: 'AWS::NoValue' },
      ],
    },
  ];
  const partition = (kind) => (['tenant', 'evidence', 'home', 'signing'].includes(kind) ? kind : `${kind}/*`);
  const of = (kinds) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map(partition).sort() } });
  const vouching = { StringLike: { 'kms:EncryptionContext:ref': 'signing/*' } };
  const below = (kinds) => kinds.some((kind) => partition(kind) !== kind);
  const withTenant = (kinds) => (below(kinds) ? [...new Set([...kinds, 'tenant'])] : kinds);
  const look = (kinds) =>
    allow(
      'KeysLook',
      ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem'],
      tables,
      of([...withTenant(kinds), 'gone']),
    );
  return {
    // A replica that lacks a key is mended from the other.
    'keys:open': (kinds) => [
      look(kinds),
      allow('KeysWrite', 'dynamodb:PutItem', tables, of(withTenant(kinds))),
      allow('KeysUnwrap', 'kms:Decrypt', arnOf('MasterKey')),
    ],
    // A key that the other replica would not take is withdrawn.
    'keys:make': (kinds) => [
      look(kinds),
      allow('KeysWrite', 'dynamodb:PutItem', tables, of(kinds)),
      allow('KeysWithdraw', 'dynamodb:DeleteItem', tables, of(kinds)),
      allow('KeysUnwrap', 'kms:Decrypt', arnOf('MasterKey')),
      ...(kinds.some((kind) => partition(kind) === kind) ? [allow('KeysWrap', 'kms:Encrypt', arnOf('MasterKey'))] : []),
    ],
    'keys:list': (kinds) => [allow('KeysList', 'dynamodb:Query', tables, of(kinds))],
    // First it goes on record that a key is destroyed, then its row goes, then both are looked at.
    'keys:destroy': (kinds) => [
      look(kinds),
      allow('KeysDestroy', 'dynamodb:BatchWriteItem', tables, of([...kinds, 'gone'])),
      allow('KeysGone', 'dynamodb:UpdateItem', tables, of(['gone'])),
      allow('KeysWithdraw', 'dynamodb:DeleteItem', tables, of(kinds)),
    ],
    // A control asks for every way in which a destroyed key could come back.
    'keys:recoveries': () => [
      allow(
        'KeysRecoveries',
        [
          'dynamodb:DescribeTable',
          'dynamodb:DescribeContinuousBackups',
          'dynamodb:DescribeKinesisStreamingDestination',
        ],
        tables,
      ),
      allow('KeysCopies', ['dynamodb:ListBackups', 'dynamodb:ListExports'], '*'),
      // Replicas are compared by their numbers of keys, then by names; nothing that is wrapped is read for it.
      allow('KeysCount', 'dynamodb:Scan', tables, {
        StringEquals: { 'dynamodb:Select': ['COUNT', 'SPECIFIC_ATTRIBUTES'] },
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'revision'] },
      }),
    ],
    // Public keys are kept, so that what was signed with an earlier key still verifies, and wrapped, so that none is slipped in.
    'keys:sign': () => [
      allow('KeysSign', ['kms:Sign', 'kms:GetPublicKey'], arnOf('SigningKey')),
      allow('KeysSigned', ['dynamodb:GetItem', 'dynamodb:PutItem'], tables, of(['signing'])),
      allow('KeysVouch', 'kms:Encrypt', arnOf('MasterKey'), vouching),
    ],
    'keys:public': () => [
      allow('KeysPublic', 'kms:GetPublicKey', arnOf('SigningKey')),
      allow('KeysKept', 'dynamodb:Query', tables, of(['signing'])),
      allow('KeysVouched', 'kms:Decrypt', arnOf('MasterKey'), vouching),
    ],
  };
}

/** SourceDriver on S3: src/adapters/aws/s3-*.ts. Buckets and roles are parameters; another account's bucket is reached by its role. */
function sourceWords(buckets, roles) {
  const objects = buckets.map((bucket) => `${bucket}/*`);
  const about = (resources, statement) => (resources.length === 0 ? [] : [statement]);
  const elsewhere = about(roles, allow('SourcesElsewhere', 'sts:AssumeRole', roles));
  return {
    'sources:read': () => [
      ...about(buckets, allow('SourcesList', 's3:ListBucket', buckets)),
      ...about(buckets, allow('SourcesRead', 's3:GetObject', objects)),
      ...elsewhere,
    ],
    // Looks for what is left: versions, unfinished uploads, and what locks them.
    'sources:sweep': () => [
      ...about(
        buckets,
        allow(
          'SourcesVersions',
          [
            's3:ListBucket',
            's3:ListBucketVersions',
            's3:ListBucketMultipartUploads',
            's3:GetBucketVersioning',
            's3:GetBucketObjectLockConfiguration',
          ],
          buckets,
        ),
      ),
      ...about(buckets, allow('SourcesLocks', ['s3:GetObjectRetention', 's3:GetObjectLegalHold'], objects)),
      ...elsewhere,
    ],
    'sources:delete': () => [
      // What the certificate says of a bucket: where it keeps copies, and for how long.
      ...about(
        buckets,
        allow(
          'SourcesFacts',
          ['s3:GetReplicationConfiguration', 's3:GetLifecycleConfiguration', 's3:GetEncryptionConfiguration'],
          buckets,
        ),
      ),
      ...about(
        buckets,
        allow('SourcesDelete', ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'], objects),
      ),
      ...elsewhere,
    ],
  };
}

/** Where operators restore over HTTP: src/adapters/aws/s3-restore-*.ts. What a case erases meanwhile is removed again. */
function restoreRights(restoreRoot) {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(restoreRoot) ?? [];
  if (bucket === undefined) return [];
  const arn = sub(`arn:\${AWS::Partition}:s3:::${bucket}`);
  const objects = sub(`arn:\${AWS::Partition}:s3:::${bucket}/${prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`}*`);
  return [
    allow(
      'RestoresList',
      ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads', 's3:GetBucketVersioning'],
      arn,
    ),
    allow(
      'RestoresWrite',
      [
        's3:GetObject',
        's3:PutObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
      ],
      objects,
    ),
  ];
}

/** Workflows: src/adapters/aws/sfn-*.ts. */
function workflowWords(stage) {
  const machine = (name) => own('states', `stateMachine:tenure-${stage}-${name}`);
  const execution = (name) => own('states', `execution:tenure-${stage}-${name}:*`);
  return {
    // A name that is taken is looked at, and a failed one started again.
    'workflows:start': (names) => [
      allow('WorkflowsStart', 'states:StartExecution', names.map(machine)),
      allow(
        'WorkflowsAgain',
        ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:RedriveExecution'],
        names.map(execution),
      ),
    ],
    'workflows:stop': (names) => [allow('WorkflowsStop', 'states:StopExecution', names.map(execution))],
    'workflows:list': (names) => [
      allow('WorkflowsList', 'states:ListExecutions', names.map(machine)),
      allow('WorkflowsLook', 'states:DescribeExecution', names.map(execution)),
    ],
  };
}

/** ManagedBackup: src/adapters/aws/aws-backup-*.ts. Jobs and lists of points are not resources of IAM ("Actions defined by AWS Backup"). */
function managedWords() {
  const vaultArn = { 'Fn::GetAtt': ['BackupVault', 'BackupVaultArn'] };
  const points = [
    own('backup', 'recovery-point:*'),
    // Points of other services bear their names.
    sub('arn:${AWS::Partition}:*:${AWS::Region}:*:*'),
  ];
  const pass = allow('ManagedRole', 'iam:PassRole', arnOf('BackupRole'), {
    StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' },
  });
  const plans = own('backup', 'restore-testing-plan:*');
  return {
    'managed:start': () => [
      allow('ManagedStart', ['backup:StartBackupJob', 'backup:DescribeBackupVault'], vaultArn),
      pass,
    ],
    'managed:read': () => [
      allow('ManagedVault', ['backup:DescribeBackupVault', 'backup:ListRecoveryPointsByBackupVault'], vaultArn),
      allow('ManagedPoints', 'backup:DescribeRecoveryPoint', points),
      allow(
        'ManagedJobs',
        ['backup:DescribeBackupJob', 'backup:ListBackupJobs', 'backup:ListRecoveryPointsByResource'],
        '*',
      ),
    ],
    'managed:delete': () => [
      allow('ManagedDelete', ['backup:DeleteRecoveryPoint', 'backup:DisassociateRecoveryPoint'], points),
      // Without it AWS Backup answers 200, deletes nothing and calls the point EXPIRED (DeleteRecoveryPoint, API reference).
      allow(
        'ManagedLinkedRole',
        'iam:CreateServiceLinkedRole',
        sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/backup.amazonaws.com/*'),
        { StringEquals: { 'iam:AWSServiceName': 'backup.amazonaws.com' } },
      ),
    ],
    'managed:test': () => [
      allow(
        'ManagedTests',
        [
          'backup:CreateRestoreTestingPlan',
          'backup:CreateRestoreTestingSelection',
          'backup:GetRestoreTestingPlan',
          'backup:DeleteRestoreTestingPlan',
          'backup:DeleteRestoreTestingSelection',
        ],
        plans,
      ),
      allow(
        'ManagedRestores',
        ['backup:ListRestoreJobs', 'backup:DescribeRestoreJob', 'backup:PutRestoreValidationResult'],
        '*',
      ),
      pass,
    ],
  };
}
