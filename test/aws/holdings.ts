import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, S3Client } from '@aws-sdk/client-s3';
import {
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListMapRuns,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type FlattenedJWS, flattenedVerify, importSPKI } from 'jose';
import type { AwsSettings } from '../../src/aws-settings.ts';
import type { Deployment } from './deployment.ts';

/** What the emulator holds of a deployment, read with plain calls of the SDK: nothing here is told by Tenure's own code. */
export interface Holdings {
  settings: AwsSettings;
  s3: S3Client;
  /** Every version and delete marker below a prefix, as `key versionId`. */
  versions(bucket: string, prefix?: string): Promise<{ key: string; deleted: boolean; size: number }[]>;
  /** All rows of a table, as DynamoDB's own JSON. */
  rows(table: string): Promise<{ pk: string; text: string }[]>;
  /** Executions of a machine, newest first. */
  executions(machine: string): Promise<{ name: string; status: string; arn: string }[]>;
  /** Waits until none runs, and answers how the one of this name ended. */
  ended(machine: string, name: string): Promise<string>;
  /** ARNs of an execution and of all that its DISTRIBUTED Maps started, at any depth. */
  family(arn: string): Promise<string[]>;
  /** Every event of an execution. */
  history(arn: string): Promise<HistoryEvent[]>;
  /** Verifies with the public key that KMS gives out; answers the payload. */
  verified(jws: FlattenedJWS): Promise<unknown>;
}

export async function holdingsOf({ stage, place }: Deployment): Promise<Holdings> {
  const s3 = new S3Client({ ...place, forcePathStyle: true });
  const db = new DynamoDBClient(place);
  const sfn = new SFNClient({ ...place, disableHostPrefix: true });
  const ssm = new SSMClient(place);
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `/tenure/${stage}/settings` }));
  const settings = JSON.parse(Parameter?.Value ?? '{}') as AwsSettings;

  const executions: Holdings['executions'] = async (machine) => {
    const found: Awaited<ReturnType<Holdings['executions']>> = [];
    const stateMachineArn = `${settings.machines}${machine}`;
    for await (const page of paginateListExecutions({ client: sfn }, { stateMachineArn })) {
      for (const { name = '', status = '', executionArn = '' } of page.executions ?? []) {
        found.push({ name, status, arn: executionArn });
      }
    }
    return found;
  };

  async function family(executionArn: string): Promise<string[]> {
    const found = [executionArn];
    for await (const { mapRuns } of paginateListMapRuns({ client: sfn }, { executionArn })) {
      for (const { mapRunArn = '' } of mapRuns ?? []) {
        for await (const { executions: children } of paginateListExecutions({ client: sfn }, { mapRunArn })) {
          for (const child of children ?? []) found.push(...(await family(child.executionArn ?? '')));
        }
      }
    }
    return found;
  }

  return {
    settings,
    s3,
    executions,
    async versions(Bucket, Prefix = '') {
      const found: Awaited<ReturnType<Holdings['versions']>> = [];
      for (let from: { KeyMarker?: string; VersionIdMarker?: string } = {}; ; ) {
        const page: ListObjectVersionsCommandOutput = await s3.send(
          new ListObjectVersionsCommand({ Bucket, Prefix, ...from }),
        );
        for (const { Key = '', Size = 0 } of page.Versions ?? []) found.push({ key: Key, deleted: false, size: Size });
        for (const { Key = '' } of page.DeleteMarkers ?? []) found.push({ key: Key, deleted: true, size: 0 });
        if (page.IsTruncated !== true) return found;
        const { NextKeyMarker, NextVersionIdMarker } = page;
        from = {
          ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
          ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
        };
      }
    },
    async rows(TableName) {
      const found: { pk: string; text: string }[] = [];
      for await (const { Items } of paginateScan({ client: db }, { TableName, ConsistentRead: true })) {
        for (const item of Items ?? []) found.push({ pk: item.pk?.S ?? '', text: JSON.stringify(item) });
      }
      return found;
    },
    async ended(machine, name) {
      for (;;) {
        const all = await executions(machine);
        const mine = all.find((execution) => execution.name === name);
        if (mine !== undefined && mine.status !== 'RUNNING') return mine.status;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    family,
    async history(executionArn) {
      const found: HistoryEvent[] = [];
      for await (const { events } of paginateGetExecutionHistory({ client: sfn }, { executionArn, maxResults: 1000 })) {
        found.push(...(events ?? []));
      }
      return found;
    },
    async verified(jws) {
      const kms = new KMSClient(place);
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: settings.signingKey }));
      const pem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(PublicKey ?? []).toString('base64')}\n-----END PUBLIC KEY-----`;
      const { payload } = await flattenedVerify(jws, await importSPKI(pem, 'ES256'));
      return JSON.parse(Buffer.from(payload).toString()) as unknown;
    },
  };
}
