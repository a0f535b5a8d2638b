const arn = (text) => ({ 'Fn::Sub': text });
const attribute = (resource, name = 'Arn') => ({ 'Fn::GetAtt': [resource, name] });
const within = (bucket) => arn(`\${${bucket}.Arn}/*`);
const listed = (text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** One statement; `undefined` where the deployment names nothing that it could be about. */
function allow(Sid, Action, Resource, Condition) {
  const resources = [Resource].flat();
  if (resources.length === 0) return undefined;
  return {
    Sid,
    Effect: 'Allow',
    Action,
    Resource: resources.length === 1 ? resources[0] : resources,
    ...(Condition && { Condition }),
  };
}

/** The rows of the keys in both Regions; the second one only where there is one. */
const keyRows = (stage) => [
  attribute('KeysTable'),
  {
    'Fn::If': [
      'HasSecondRegion',
      arn(`arn:\${AWS::Partition}:dynamodb:\${SecondRegion}:\${AWS::AccountId}:table/tenure-${stage}-keys`),
      { Ref: 'AWS::NoValue' },
    ],
  },
];

/**
 * Rights in the words of the ports, each with the calls that its adapter makes. A word that needs another one says so by
 * standing beside it in the table of iam.js; nothing is included silently.
 *
 * @param place stage and parameters of the deployment
 */
export function vocabulary({ stage, sourceBuckets, sourceRoles, commandFunctions, mailFrom }) {
  const sources = listed(sourceBuckets);
  const objects = sources.map((bucket) => `${bucket}/*`);
  return {
    // --- Table
    'catalog:read': [
      allow(
        'CatalogRead',
        ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
        [attribute('CatalogTable'), arn('${CatalogTable.Arn}/index/*')],
      ),
    ],
    'catalog:write': [
      allow(
        'CatalogWrite',
        ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'],
        attribute('CatalogTable'),
      ),
    ],

    // --- ObjectStore of the repository
    'objects:read': [
      allow('RepositoryList', 's3:ListBucket', attribute('RepositoryBucket')),
      allow('RepositoryRead', 's3:GetObject', within('RepositoryBucket')),
    ],
    'objects:write': [
      allow('RepositoryWrite', ['s3:PutObject', 's3:AbortMultipartUpload'], within('RepositoryBucket')),
    ],
    'objects:delete': [
      allow('RepositoryVersions', 's3:ListBucketVersions', attribute('RepositoryBucket')),
      allow('RepositoryDelete', ['s3:DeleteObject', 's3:DeleteObjectVersion'], within('RepositoryBucket')),
    ],

    // --- ObjectStore of the evidence
    'evidence:read': [
      allow('EvidenceList', 's3:ListBucket', attribute('EvidenceBucket')),
      allow('EvidenceRead', 's3:GetObject', within('EvidenceBucket')),
    ],
    'evidence:write': [
      allow(
        'EvidenceWrite',
        ['s3:PutObject', 's3:PutObjectRetention', 's3:GetObjectRetention'],
        within('EvidenceBucket'),
      ),
    ],

    // --- scratch
    'scratch:read': [
      allow('ScratchList', 's3:ListBucket', attribute('ScratchBucket')),
      allow('ScratchRead', 's3:GetObject', within('ScratchBucket')),
    ],
    'scratch:write': [allow('ScratchWrite', ['s3:PutObject', 's3:AbortMultipartUpload'], within('ScratchBucket'))],
    'scratch:delete': [allow('ScratchDelete', ['s3:DeleteObject'], within('ScratchBucket'))],

    // --- KeyStore
    'keys:open': [
      allow('KeysRead', ['dynamodb:GetItem', 'dynamodb:Query'], keyRows(stage)),
      allow('KeysUnwrap', 'kms:Decrypt', attribute('MasterKey')),
    ],
    'keys:make': [
      allow('KeysMake', 'dynamodb:PutItem', keyRows(stage)),
      allow('KeysWrap', 'kms:Encrypt', attribute('MasterKey')),
    ],
    'keys:destroy': [allow('KeysDestroy', ['dynamodb:PutItem', 'dynamodb:DeleteItem'], keyRows(stage))],
    'keys:sign': [allow('KeysSign', ['kms:Sign', 'kms:GetPublicKey'], attribute('SigningKey'))],

    // --- Mailer
    mail: [
      allow(
        'Mail',
        'ses:SendRawEmail',
        [
          arn('arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*'),
          arn('arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailConfiguration}'),
        ],
        { StringEquals: { 'ses:FromAddress': mailFrom } },
      ),
    ],

    // --- SourceDriver
    'sources:read': [
      allow('SourcesList', ['s3:ListBucket', 's3:GetBucketLocation'], sources),
      allow('SourcesRead', ['s3:GetObject'], objects),
      allow('SourcesElsewhere', 'sts:AssumeRole', listed(sourceRoles)),
    ],
    'sources:delete': [
      allow(
        'SourcesVersions',
        [
          's3:ListBucketVersions',
          's3:ListBucketMultipartUploads',
          's3:GetBucketVersioning',
          's3:GetBucketObjectLockConfiguration',
        ],
        sources,
      ),
      allow(
        'SourcesDelete',
        [
          's3:DeleteObject',
          's3:DeleteObjectVersion',
          's3:AbortMultipartUpload',
          's3:GetObjectRetention',
          's3:GetObjectLegalHold',
        ],
        objects,
      ),
    ],

    // --- commands of the customer
    hooks: [allow('Hooks', 'lambda:InvokeFunction', listed(commandFunctions))],
  };
}
