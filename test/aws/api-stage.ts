import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as forward } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { addDays } from '../../src/domain/calendar.ts';
import { answered, spawnCurl } from '../stories/curl.ts';
import { type Arrived, startMailServer } from '../stories/mail-server.ts';
import type { Stage } from '../stories/stage.ts';
import { type Deployment, deploy } from './deployment.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { identityProvider } from './identity-provider.ts';
import { verifySender } from './ses-account.ts';

/** A deployment on an emulator, reached over API Gateway behind TLS, as a stage for stories. */
export interface ApiStage extends Stage {
  deployment: Deployment;
  holdings: Holdings;
  stop(): Promise<void>;
}

const begins = '2026-03-01T09:00:00.000Z';

/**
 * Deploys a stage whose API has everything that one can have: a provider of tokens, a public address behind TLS, mails by SMTP.
 * What stands for DNS and the certificate of a domain is a proxy of the test's own.
 */
export async function apiStage(name: string): Promise<ApiStage> {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-stage-'));
  const arrived: Arrived[] = [];
  const mails = await startMailServer(arrived);
  const provider = await identityProvider('tenure');
  const door = await tlsDoor(folder);
  const api = join(folder, 'api.yml');
  writeFileSync(
    api,
    JSON.stringify({
      oidc: { issuer: provider.issuer, audience: 'tenure' },
      limits: { perCaller: 100_000, perAddress: 100_000 },
      allowPrivateTargets: true,
    }),
  );
  const stopAround = async (): Promise<void> => {
    door.server.close();
    await provider.close();
    await mails.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const deployment = await deploy({
    stage: name,
    params: {
      sourceBuckets: 'arn:aws:s3:::story-*',
      simulatedSince: begins,
      publicUrl: door.url,
      restoreRoot: 's3://restored/inbox',
      api,
    },
    env: { SMTP_HOST: mails.address.replace('smtp://', '') },
  }).catch(async (error: unknown) => {
    await stopAround();
    throw error;
  });
  const holdings = await holdingsOf(deployment);
  const { s3 } = holdings;
  await verifySender(deployment, holdings.settings.mailFrom);
  await deployment.tenure('init', '--aws', deployment.stage, '--region', deployment.region);
  await s3.send(new CreateBucketCommand({ Bucket: 'restored' }));
  door.leadsTo(deployment.ministack.url, await apiHost(deployment));
  let now = begins;
  const contents = new Map<string, Readonly<Record<string, string>>>();
  const stage: ApiStage = {
    ...{ deployment, holdings, folder, url: door.url },
    // What is presigned names the host that the function speaks to: the proxy, which would hand it on under another name.
    curl: async (args) => {
      const { host } = new URL(deployment.proxy.url);
      const direct = args.map((arg) => arg.replace(deployment.proxy.url, deployment.ministack.url));
      const named = args.some((arg) => arg.startsWith(deployment.proxy.url)) ? ['-H', `Host: ${host}`] : [];
      return await spawnCurl(['--cacert', door.certificate, ...direct, ...named]);
    },
    mails: () => arrived,
    async passTime(days) {
      now = addDays(now, days);
      provider.now = now;
      await deployment.tenure('--now', now, 'resume');
    },
    token: async (wanted) => await provider.token(wanted),
    async apiKey({ name: of, owner, scope }) {
      const made = await deployment.tenure('api-key', 'create', of, '--owner', owner, '--scope', scope);
      return (made as { key: string }).key;
    },
    async addSource(tenant, source, files) {
      const bucket = `story-${tenant}`;
      await fillBucket(s3, bucket, files);
      contents.set(bucket, files);
      const bearer = await provider.token({ sub: 'olga', scope: 'operator' });
      const json = { name: source, kind: 's3', location: `s3://${bucket}/` };
      await answered(stage, 201, `/v1/tenants/${tenant}/sources`, { bearer, json });
    },
    async expectSourceWhole(tenant) {
      const bucket = `story-${tenant}`;
      for (const [Key, content] of Object.entries(contents.get(bucket) ?? {})) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        expect((await Body?.transformToString()) === content, `${bucket}/${Key}`).toBe(true);
      }
    },
    expectSourceGone: async (tenant) => expect(await holdings.versions(`story-${tenant}`)).toEqual([]),
    expectCopiesGone: async (tenant) =>
      expect(await holdings.versions(holdings.settings.repositoryBucket, `v1/${tenant}/`)).toEqual([]),
    async stop() {
      await deployment.stop();
      await stopAround();
    },
  };
  provider.now = now;
  await deployment.tenure('--now', now, 'resume');
  return stage;
}

async function fillBucket(s3: S3Client, Bucket: string, files: Readonly<Record<string, string>>): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  for (const [Key, Body] of Object.entries(files)) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

/** The name under which the emulator's API Gateway knows the API of the stack. */
async function apiHost({ place, stage }: Deployment): Promise<string> {
  const answer = await fetch(`${place.endpoint}/v2/apis`, {
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${place.region}/apigateway/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  const { items } = (await answer.json()) as { items: { apiId: string; name: string }[] };
  const found = items.find(({ name }) => name === `tenure-${stage}`);
  if (found === undefined) throw new Error(`the stack has no API: ${JSON.stringify(items)}`);
  return `${found.apiId}.execute-api.localhost`;
}

/** A door with a certificate of its own, which stands where a domain name would. */
async function tlsDoor(folder: string): Promise<{
  url: string;
  certificate: string;
  server: Server;
  leadsTo(target: string, host: string): void;
}> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  let to: { target: string; host: string } | undefined;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (incoming, outgoing) => {
    if (to === undefined) return void outgoing.writeHead(503).end();
    const { method, url = '/' } = incoming;
    const onward = forward(
      new URL(url, to.target),
      { method, headers: { ...incoming.headers, host: to.host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ server, certificate, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` },
    leadsTo: (target, host) => {
      to = { target, host };
    },
  };
}
