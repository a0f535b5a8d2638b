import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Stage } from './stage.ts';

/** How curl ended. */
export interface CurlEnded {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the program `curl`, without the settings of whoever runs the test. */
export async function spawnCurl(args: readonly string[]): Promise<CurlEnded> {
  const child = spawn('curl', ['--disable', '--noproxy', '*', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
}

/** What is sent beside the address. */
export interface Sent {
  bearer?: string;
  /** `-d` with JSON. */
  json?: object;
  /** `--data-urlencode` with the fields of a page's form. */
  form?: Readonly<Record<string, string>>;
  /** `--data-binary` with a file. */
  file?: string;
  idempotencyKey?: string;
}

/** What was answered. */
export interface Answer {
  status: number;
  contentType: string;
  /** Where a redirect leads, absolute. */
  redirect: string;
  bytes: Buffer;
  text: string;
  /** The answer as JSON; fails where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: stories say what they expect of it.
  json(): any;
}

let files = 0;

/** Sends one request with curl, as docs/api.md does, and looks at the answer whatever its status is. */
export async function send(stage: Stage, to: string, sent: Sent = {}): Promise<Answer> {
  const out = join(stage.folder, `answer-${files++}`);
  const address = to.startsWith('/') ? `${stage.url}${to}` : to;
  const { code, stdout, stderr } = await stage.curl([
    ...['-sS', '--max-time', '120', '-o', out, '-w', '%{http_code} %{redirect_url} %{content_type}'],
    ...[address, ...bodyOf(sent)],
    ...(sent.bearer === undefined ? [] : ['-H', `Authorization: Bearer ${sent.bearer}`]),
    ...(sent.idempotencyKey === undefined ? [] : ['-H', `Idempotency-Key: ${sent.idempotencyKey}`]),
  ]);
  if (code !== 0) throw new Error(`curl ${address} ended with ${code}: ${stderr}`);
  const [, status, redirect = '', contentType = ''] = /^(\d{3}) (\S*) (.*)$/.exec(stdout) ?? [];
  const bytes = readFileSync(out);
  rmSync(out);
  const text = bytes.toString();
  return { status: Number(status), redirect, contentType, bytes, text, json: () => JSON.parse(text) };
}

function bodyOf({ json, form, file }: Sent): string[] {
  if (json !== undefined) return ['-H', 'Content-Type: application/json', '-d', JSON.stringify(json)];
  if (file !== undefined) return ['-H', 'Content-Type: application/octet-stream', '--data-binary', `@${file}`];
  return Object.entries(form ?? {}).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
}

/** Sends a request that must be answered with this status; its JSON. */
// biome-ignore lint/suspicious/noExplicitAny: stories say what they expect of it.
export async function answered(stage: Stage, status: number, to: string, sent: Sent = {}): Promise<any> {
  const answer = await send(stage, to, sent);
  expect(answer.status, `${to}: ${answer.text.slice(0, 2000)}`).toBe(status);
  return answer.json();
}
