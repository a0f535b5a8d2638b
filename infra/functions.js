/**
 * What a step may use. A state waits 900 s for a step and 60 s for the note of a fault (`TimeoutSeconds`), and the function has
 * to be over by then, or its twin would start beside it. Lambda gives processors by memory: one at 1,769 MB ("Configure Lambda
 * function memory", AWS Lambda Developer Guide).
 */
const sizes = {
  /** Reads, seals and compresses what a customer has: wants a whole processor. */
  bytes: { memorySize: 1769, timeout: 840 },
  /** Goes through rows and listings; holds a part or an inventory in memory. */
  rows: { memorySize: 1024, timeout: 840 },
  /** A few reads and writes. */
  step: { memorySize: 512, timeout: 840 },
  /** Answers a request; API Gateway waits 30 s ("Quotas for configuring and running an HTTP API in API Gateway"). */
  answer: { memorySize: 1769, timeout: 29 },
  /** Notes a fault, or takes an event. */
  note: { memorySize: 512, timeout: 50 },
};

/** Every function of the deployment, in the order of the workflows. Rights stand in iam.js, by the same names. */
export const table = {
  // backup
  SelectSources: 'step',
  PrepareSource: 'rows',
  PlanShards: 'bytes',
  BackUpShard: 'bytes',
  CommitSnapshot: 'rows',
  ReleaseSource: 'rows',
  StartManagedBackup: 'step',
  CheckManagedBackup: 'step',
  RecordManagedBackup: 'step',
  SummariseBackup: 'step',
  // restore test
  SelectRestorePoints: 'step',
  RestoreIntoScratch: 'bytes',
  CompareRestored: 'bytes',
  CleanUpScratch: 'step',
  StartManagedRestore: 'step',
  CheckManagedRestore: 'step',
  ValidateManagedRestore: 'step',
  CleanUpManagedRestore: 'step',
  RecordRestoreTest: 'step',
  SelectPackSources: 'step',
  ReadPacks: 'bytes',
  SummariseRestoreTests: 'step',
  // expiry
  ListCopies: 'step',
  CondemnCopies: 'rows',
  DeleteManagedCopies: 'step',
  DestroyCopyKeys: 'step',
  DeleteCopyObjects: 'rows',
  RecordExpiry: 'step',
  SummariseExpiry: 'step',
  // audit
  SelectAuditTenants: 'step',
  AuditTenant: 'rows',
  SummariseAudit: 'step',
  // notice
  SelectCases: 'step',
  SendDueNotices: 'step',
  StartDueErasure: 'step',
  SummariseNotices: 'step',
  // erasure
  GateErasure: 'step',
  FreezeScope: 'step',
  TakeInventory: 'bytes',
  OverwritePass: 'bytes',
  DeleteLive: 'rows',
  DropCopies: 'bytes',
  DestroyKeys: 'step',
  SweepSurvivors: 'rows',
  ReportRemainder: 'step',
  IssueCertificate: 'rows',
  SendReport: 'step',
  CloseCase: 'step',
  // take-out
  TakeOut: 'bytes',
  // every workflow
  RecordFault: 'note',
  // schedules and events
  StartRun: 'rows',
  RunControls: 'rows',
  TakeMailEvent: 'note',
  TakeBackupEvent: 'note',
  DeliverWebhooks: 'step',
  // the API
  ServeApi: 'answer',
  // the command line
  RegisterPlans: 'note',
};

/** `BackUpShard` → `back-up-shard`. */
export function fileOf(name) {
  return name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
}

/** Logical id of a function in the template, as serverless forms it. */
export function logicalId(name) {
  return `${name}LambdaFunction`;
}

/** The `functions` of serverless.yml. */
export async function functions({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  // Buckets take lower case, and names of roles 64 signs with the longest function in them.
  if (!/^[a-z][a-z0-9-]{0,14}$/.test(stage)) {
    throw new Error(`the stage "${stage}" must begin with a letter and have at most 15 of a-z, 0-9 and -`);
  }
  return Object.fromEntries(
    Object.entries(table).map(([name, size]) => [
      name,
      {
        name: `tenure-${stage}-${name}`,
        handler: `functions/${fileOf(name)}.handler`,
        role: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] },
        ...sizes[size],
      },
    ]),
  );
}
