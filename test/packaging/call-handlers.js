// Runs in a process of its own: `node call-handlers.js FOLDER NAME…`. Imports each handler as Lambda would, calls it with an empty
// event, and prints what came of it as JSON.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ...names] = process.argv.slice(2);
const answers = {};

/** What API Gateway hands to a function (payload format 2.0). */
const request = {
  version: '2.0',
  rawPath: '/healthz',
  rawQueryString: '',
  headers: { host: 'api.example' },
  requestContext: { domainName: 'api.example', http: { method: 'GET', path: '/healthz', sourceIp: '192.0.2.1' } },
  isBase64Encoded: false,
};

for (const name of names) {
  try {
    const { handler } = await import(pathToFileURL(join(folder, name, 'functions', `${name}.js`)).href);
    const context = {
      functionName: `tenure-test-${name}`,
      awsRequestId: 'r-1',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:x',
      memoryLimitInMB: '512',
      functionVersion: '$LATEST',
      getRemainingTimeInMillis: () => 30_000,
    };
    answers[name] = { outcome: await handler(name === 'serve-api' ? request : {}, context) };
  } catch (error) {
    answers[name] = { error: error.name, message: error.message };
  }
}
process.stderr.write(`\n${JSON.stringify(answers)}\n`);
process.exit(0);
