import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

/** Answers a request that has come in over API Gateway. On one machine `tenure serve` answers. */
export const handler = middy<APIGatewayProxyEventV2>().handler(async (event, context: Context) => {
  const { answerRequest } = await import('../src/api-in-lambda.ts');
  return await answerRequest(event, context);
});
