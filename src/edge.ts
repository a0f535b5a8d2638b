import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Deps } from './deps.ts';
import { asLeaving } from './domain/lost-race.ts';
import type { Json } from './ports/table.ts';
import type { UseCase } from './use-case.ts';

/** What the runner of one machine passes besides the event: the dependencies of its home. Lambda passes its own context. */
export interface EdgeContext {
  deps: Deps;
}

/** A Lambda handler of one use case: the event is its input, the outcome its result. */
export type EdgeHandler = (event: unknown, context: EdgeContext | Context) => Promise<Json>;

/**
 * Wraps a use case for the edge: the use case's schema parses the event, its outcome is returned, its errors keep the
 * literal names that state machines match.
 */
export function edge<Input, Outcome>(useCase: UseCase<Input, Outcome>): EdgeHandler {
  const handler = middy()
    .use(errorNames)
    .handler(async (event: unknown, context: unknown) => {
      const given = context as EdgeContext | Context;
      return 'deps' in given ? await useCase(given.deps)(event) : await inLambda(useCase, event, given);
    });
  return handler as unknown as EdgeHandler;
}

/** Loaded only there: one machine has no need of the AWS clients. */
async function inLambda<Input, Outcome>(
  useCase: UseCase<Input, Outcome>,
  event: unknown,
  context: Context,
): Promise<Outcome> {
  const { lambdaDeps, observe } = await import('./lambda.ts');
  try {
    const outcome = await useCase(await lambdaDeps(context))(event);
    observe(context, { outcome });
    return outcome;
  } catch (error) {
    observe(context, { error: error instanceof Error ? error : new Error(String(error)) });
    throw error;
  }
}

/** A thrown thing without a name of its own would match nothing in a Retry: it gets one. A lost race is worth a Retry. */
const errorNames: middy.MiddlewareObj = {
  onError: (request) => {
    const error = asLeaving(request.error);
    request.error = error instanceof Error ? error : new Error(String(error));
  },
};
