import type { ServerResponse } from 'node:http';

/** One service's words for "too many" and "something broke here". */
interface Words {
  throttled: { status: number; code: string };
  failed: { status: number; code: string };
  wrap(code: string): { type: string; body: string };
}

const json = (code: string) => ({
  type: 'application/x-amz-json-1.0',
  body: JSON.stringify({ __type: code, message: 'injected' }),
});
const jsonService: Words = {
  throttled: { status: 400, code: 'ThrottlingException' },
  failed: { status: 500, code: 'InternalServerError' },
  wrap: json,
};

const words: Record<string, Words> = {
  S3: {
    throttled: { status: 503, code: 'SlowDown' },
    failed: { status: 500, code: 'InternalError' },
    wrap: (code) => ({
      type: 'application/xml',
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>injected</Message></Error>`,
    }),
  },
  SES: {
    throttled: { status: 400, code: 'Throttling' },
    failed: { status: 503, code: 'ServiceUnavailable' },
    wrap: (code) => ({
      type: 'text/xml',
      body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error></ErrorResponse>`,
    }),
  },
  DynamoDB: { ...jsonService, throttled: { status: 400, code: 'ProvisionedThroughputExceededException' } },
  Lambda: { ...jsonService, throttled: { status: 429, code: 'TooManyRequestsException' } },
};

/** Answers a request of this operation as its service does when it is overloaded or broken. */
export function faultAnswer(fault: 'throttled' | 'failed', operation: string, outgoing: ServerResponse): void {
  const service = words[operation.split('.')[0] ?? ''] ?? jsonService;
  const { status, code } = service[fault];
  const { type, body } = service.wrap(code);
  outgoing.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-amzn-errortype': code,
    'x-amzn-requestid': 'injected',
  });
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body);
}
