const text = (...names) => names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
const key = (pk, sk) => [
  { AttributeName: pk, KeyType: 'HASH' },
  { AttributeName: sk, KeyType: 'RANGE' },
];
const index = (name) => ({
  IndexName: name,
  KeySchema: key(`i${name.at(-1)}pk`, `i${name.at(-1)}sk`),
  Projection: { ProjectionType: 'ALL' },
});

/** Both tables. Names are fixed: the second replica of the keys has the same one, and a restored catalog takes the old one's place. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const onRemoval = await resolveVariable('param:onRemoval');
  const kept = { DeletionPolicy: onRemoval, UpdateReplacePolicy: 'Retain' };
  const DeletionProtectionEnabled = onRemoval === 'Retain';
  return {
    Resources: {
      CatalogTable: {
        Type: 'AWS::DynamoDB::Table',
        ...kept,
        Properties: {
          TableName: `tenure-${stage}-catalog`,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: text('pk', 'sk', 'i1pk', 'i1sk', 'i2pk', 'i2sk'),
          KeySchema: key('pk', 'sk'),
          GlobalSecondaryIndexes: [index('index1'), index('index2')],
          // A catalog that was restored to an earlier point is quarantined until an operator has looked (docs/deploy.md).
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
          DeletionProtectionEnabled,
        },
      },
      // No recovery, no backup, on purpose: a key that is destroyed must be gone everywhere (docs/erasure.md). A
      // control looks whether it stayed so.
      KeysTable: {
        Type: 'AWS::DynamoDB::GlobalTable',
        ...kept,
        Properties: {
          TableName: `tenure-${stage}-keys`,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: text('pk', 'sk'),
          KeySchema: key('pk', 'sk'),
          SSESpecification: { SSEEnabled: true },
          // What carries writes to the other Region keeps them for a day (AWS::DynamoDB::GlobalTable, StreamSpecification).
          StreamSpecification: {
            'Fn::If': ['HasSecondRegion', { StreamViewType: 'NEW_AND_OLD_IMAGES' }, { Ref: 'AWS::NoValue' }],
          },
          Replicas: [
            { Region: { Ref: 'AWS::Region' }, ...replica(DeletionProtectionEnabled) },
            {
              'Fn::If': [
                'HasSecondRegion',
                { Region: { Ref: 'SecondRegion' }, ...replica(DeletionProtectionEnabled) },
                { Ref: 'AWS::NoValue' },
              ],
            },
          ],
        },
      },
    },
  };
}

function replica(DeletionProtectionEnabled) {
  return {
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    DeletionProtectionEnabled,
  };
}
