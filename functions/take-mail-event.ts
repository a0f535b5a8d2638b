import { edge } from '../src/edge.ts';
import { takeMailEvent } from '../src/use-cases/take-mail-event.ts';

/** Invoked by EventBridge with events of the configuration set (`source: aws.ses`), or by SNS or SQS with the same JSON. */
export const handler = edge(takeMailEvent);
