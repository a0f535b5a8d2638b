import { settingVariable } from '../src/aws-settings.ts';

/** Text that `Fn::Sub` leaves as it is. */
const literal = (text) => text.replaceAll('${', '${!');

/**
 * What each function and the command line are told (src/aws-settings.ts), each as the text of an `Fn::Sub`. What has no value is
 * empty, since a template cannot leave it out.
 */
async function settings(resolveVariable) {
  const given = async (variable) => literal(String((await resolveVariable(variable)) ?? ''));
  const stage = await given('sls:stage');
  return {
    stage,
    region: '${AWS::Region}',
    repositoryBucket: '${RepositoryBucket}',
    evidenceBucket: '${EvidenceBucket}',
    scratchBucket: '${ScratchBucket}',
    catalogTable: '${CatalogTable}',
    keysTable: '${KeysTable}',
    keysSecondRegion: '${SecondRegion}',
    masterKey: '${MasterKey.Arn}',
    signingKey: '${SigningKey.Arn}',
    machines: `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:tenure-${stage}-`,
    backupVault: '${BackupVault}',
    backupRole: '${BackupRole.Arn}',
    configurationSet: '${MailConfiguration}',
    mailFrom: await given('param:mailFrom'),
    company: await given('param:company'),
    operatorName: await given('param:operatorName'),
    operatorEmail: await given('param:operatorEmail'),
    publicUrl: await given('param:publicUrl'),
    paymentUrl: await given('param:paymentUrl'),
    // Emulators take no locks.
    evidenceLock: (await given('param:emulator')) === 'true' ? 'none' : await given('param:evidenceLock'),
    simulatedSince: await given('param:simulatedSince'),
  };
}

/** `Fn::Sub` only where there is something to put in. */
const value = (text) => (text.includes('${') ? { 'Fn::Sub': text } : text);

/** Environment of every function. Lambda sets the region itself. */
export async function environment({ resolveVariable }) {
  const { region: _, ...known } = await settings(resolveVariable);
  return Object.fromEntries(Object.entries(known).map(([name, text]) => [settingVariable(name), value(text)]));
}

/** The parameter that the command line reads. */
export async function template({ resolveVariable }) {
  const known = await settings(resolveVariable);
  return {
    Resources: {
      SettingsParameter: {
        Type: 'AWS::SSM::Parameter',
        Properties: {
          Name: `/tenure/${known.stage}/settings`,
          Type: 'String',
          Description: 'What the command line of Tenure needs to know of this deployment',
          Value: { 'Fn::Sub': JSON.stringify(known) },
        },
      },
    },
  };
}
