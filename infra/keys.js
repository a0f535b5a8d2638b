import { rights } from './iam.js';

/** Keys and their aliases. */
export async function template({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const onRemoval = await resolveVariable('param:onRemoval');
  const operators = String((await resolveVariable('param:operatorRoles')) ?? '');
  const key = (id, sid, actions, words, rest) => ({
    [id]: {
      Type: 'AWS::KMS::Key',
      DeletionPolicy: onRemoval,
      UpdateReplacePolicy: 'Retain',
      Properties: {
        ...rest,
        PendingWindowInDays: 30,
        KeyPolicy: policy(stage, sid === 'Wrap' ? operators : '', sid, actions, words),
      },
    },
  });
  return {
    Resources: {
      ...key(
        'MasterKey',
        'Wrap',
        ['kms:Encrypt', 'kms:Decrypt'],
        ['keys:open', 'keys:make', 'keys:sign', 'keys:public'],
        {
          Description: `Tenure ${stage}: wraps the keys of tenants`,
          MultiRegion: true,
          EnableKeyRotation: true,
        },
      ),
      ...key('SigningKey', 'Sign', ['kms:Sign', 'kms:GetPublicKey'], ['keys:sign'], {
        Description: `Tenure ${stage}: signs certificates and seals`,
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
      }),
      MasterKeyAlias: alias(`alias/tenure-${stage}-master`, 'MasterKey'),
      SigningKeyAlias: alias(`alias/tenure-${stage}-signing`, 'SigningKey'),
    },
    // infra/second-region.yml asks for it.
    Outputs: { MasterKeyArn: { Value: { 'Fn::GetAtt': ['MasterKey', 'Arn'] } } },
  };
}

function alias(AliasName, key) {
  return { Type: 'AWS::KMS::Alias', Properties: { AliasName, TargetKeyId: { Ref: key } } };
}

/**
 * The account administers the key; its root has to be able to, or nobody could ever change the policy ("Default key policy", AWS
 * KMS Developer Guide). It may not use it: that may only the roles of functions whose rights say so, and people whose roles the deployment names, who
 * open keys and never sign. Roles are
 * matched by the beginning of their names, which CloudFormation makes of stack and logical id: named outright, role and key would
 * wait for each other.
 */
function policy(stage, operators, Sid, Action, words) {
  const roles = Object.entries(rights)
    .filter(([, wanted]) => wanted.some((word) => words.some((beginning) => word.startsWith(beginning))))
    .map(([name]) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/tenure-${stage}-${name}Role-*`,
    }));
  const people = operators.split(',').filter((part) => part !== '');
  const account = { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Administer',
        Effect: 'Allow',
        Principal: account,
        Action: [
          'kms:CancelKeyDeletion',
          'kms:CreateAlias',
          'kms:DeleteAlias',
          'kms:DescribeKey',
          'kms:DisableKey',
          'kms:DisableKeyRotation',
          'kms:EnableKey',
          'kms:EnableKeyRotation',
          'kms:GetKeyPolicy',
          'kms:GetKeyRotationStatus',
          'kms:GetPublicKey',
          'kms:ListAliases',
          'kms:ListGrants',
          'kms:ListKeyPolicies',
          'kms:ListResourceTags',
          'kms:PutKeyPolicy',
          'kms:ReplicateKey',
          'kms:ScheduleKeyDeletion',
          'kms:TagResource',
          'kms:UntagResource',
          'kms:UpdateAlias',
          'kms:UpdateKeyDescription',
          'kms:UpdatePrimaryRegion',
        ],
        Resource: '*',
      },
      {
        Sid,
        Effect: 'Allow',
        Principal: account,
        Action,
        Resource: '*',
        Condition: { ArnLike: { 'aws:PrincipalArn': [...roles, ...people] } },
      },
    ],
  };
}
