import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3Client } from '../../src/adapters/aws/s3-client.ts';
import { s3ObjectStore } from '../../src/adapters/aws/s3-object-store.ts';

/** What S3 got. */
interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

type Answer = (seen: Seen, response: ServerResponse) => void;

let endpoint: string;
let answer: Answer;
let seen: Seen[];
let stop: () => Promise<void>;

const credentials = async () => ({ accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' });

beforeEach(async () => {
  seen = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const one: Seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(pieces).toString('latin1'),
      };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});

afterEach(async () => await stop());

const store = (prefix?: string) =>
  s3ObjectStore({
    client: s3Client({ region: 'eu-west-1', endpoint, credentials }),
    bucket: 'packs',
    ...(prefix === undefined ? {} : { prefix }),
  });

describe('a client of S3', () => {
  it('sends a checksum and a condition with every put, in path style', async () => {
    answer = (_seen, response) => response.writeHead(200, { etag: '"x"' }).end();
    await store('home').put('v1/a', [Buffer.from('con'), Buffer.from('tent')]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'PUT', body: 'content' });
    expect(seen[0]?.path).toMatch(/^\/packs\/home\/v1\/a/);
    expect(seen[0]?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-checksum-sha256': '7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=',
      'x-amz-content-sha256': 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73',
    });
  });

  it('tries again when asked to slow down, with fewer requests at once', async () => {
    const one = store();
    let underWay = 0;
    const together: number[] = [];
    // The first burst of 16 is refused as a whole, once it is there as a whole.
    const burst: ServerResponse[] = [];
    answer = (_seen, response) => {
      together.push(++underWay);
      if (together.length <= 16) {
        burst.push(response);
        if (burst.length < 16) return;
        for (const refused of burst) {
          underWay--;
          refused.writeHead(503, { 'content-type': 'application/xml' });
          refused.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
        }
        return;
      }
      setTimeout(() => {
        underWay--;
        response.writeHead(200, { 'content-length': '7', etag: '"x"' }).end();
      }, 20);
    };
    const infos = await Promise.all(Array.from({ length: 64 }, async (_, n) => await one.head(`k/${n}`)));
    expect(infos.every((info) => info?.size === 7)).toBe(true);
    expect(Math.max(...together.slice(0, 16))).toBe(16);
    expect(Math.max(...together.slice(16, 32))).toBeLessThanOrEqual(16);
    expect(seen.length).toBe(80);
  });

  it('reads a body again that breaks off, and refuses one that differs from its checksum', async () => {
    answer = (_seen, response) => {
      response.writeHead(200, { 'content-length': '10', etag: '"x"' });
      response.write(seen.length < 3 ? 'half' : '0123456789');
      if (seen.length < 3) setTimeout(() => response.destroy(), 20);
      else response.end();
    };
    expect((await store().get('a')).toString()).toBe('0123456789');
    expect(seen).toHaveLength(3);
    expect(seen[0]?.headers['x-amz-checksum-mode']).toBe('ENABLED');
    answer = (_seen, response) => {
      response.writeHead(200, { 'content-length': '10', etag: '"x"', 'x-amz-checksum-crc32': 'AAAAAA==' });
      response.end('0123456789');
    };
    await expect(store().get('a')).rejects.toMatchObject({ name: 'CorruptError' });
  });

  it('takes on a role with its external id, once, and signs with what it is given', async () => {
    answer = (one, response) => {
      if (one.method === 'POST') {
        const expires = new Date(Date.now() + 3_600_000).toISOString();
        response.writeHead(200, { 'content-type': 'text/xml' });
        response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
          <AccessKeyId>ASIATHEIRS</AccessKeyId><SecretAccessKey>theirs</SecretAccessKey><SessionToken>token</SessionToken>
          <Expiration>${expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
      } else response.writeHead(200, { 'content-length': '7', etag: '"x"' }).end();
    };
    const roleArn = 'arn:aws:iam::123456789012:role/tenure-reads';
    const client = s3Client({ region: 'eu-west-1', endpoint, credentials, assume: { roleArn, externalId: 'acme-42' } });
    for (const Key of ['a', 'b']) await client.send(new HeadObjectCommand({ Bucket: 'theirs', Key }));
    const [assumed, ...heads] = seen;
    expect(Object.fromEntries(new URLSearchParams(assumed?.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: roleArn,
      ExternalId: 'acme-42',
      RoleSessionName: 'tenure',
    });
    expect(assumed?.headers.authorization).toContain('Credential=AKIDTEST/');
    expect(heads).toHaveLength(2);
    for (const { headers } of heads) {
      expect(headers.authorization).toContain('Credential=ASIATHEIRS/');
      expect(headers['x-amz-security-token']).toBe('token');
    }
  });
});
