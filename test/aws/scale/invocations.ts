import type { Deployment } from '../deployment.ts';

/** What the logs of a function tell of its invocations. */
export interface Invocations {
  count: number;
  /** Memory of the function times the time that was billed, summed up. */
  gbSeconds: number;
}

/** Reads the REPORT line that Lambda logs after each invocation, for these functions, by name. */
export async function invocationsOf(
  { place, region, stage }: Deployment,
  names: Iterable<string>,
): Promise<Map<string, Invocations>> {
  const found = new Map<string, Invocations>();
  for (const name of names) {
    const sum: Invocations = { count: 0, gbSeconds: 0 };
    for (let nextToken: string | undefined; ; ) {
      const page = await filterLogEvents(place.endpoint, region, {
        logGroupName: `/aws/lambda/tenure-${stage}-${name}`,
        filterPattern: 'REPORT',
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      for (const { message } of page.events ?? []) {
        const [, ms, mb] = /^REPORT .*Billed Duration: (\d+) ms\tMemory Size: (\d+) MB/.exec(message) ?? [];
        if (ms === undefined) continue;
        sum.count += 1;
        sum.gbSeconds += (Number(ms) / 1000) * (Number(mb) / 1024);
      }
      nextToken = page.nextToken;
      if (nextToken === undefined) break;
    }
    found.set(name, sum);
  }
  return found;
}

interface Page {
  events?: { message: string }[];
  nextToken?: string;
}

/** The SDK's client for logs is not needed anywhere else. A group that nobody has written to yet has no events. */
async function filterLogEvents(endpoint: string, region: string, input: object): Promise<Page> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.FilterLogEvents',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261122/${region}/logs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  if (answer.ok) return (await answer.json()) as Page;
  const text = await answer.text();
  if (text.includes('ResourceNotFoundException')) return {};
  throw new Error(`FilterLogEvents: ${answer.status} ${text}`);
}
