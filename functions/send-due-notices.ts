import { edge } from '../src/edge.ts';
import { sendDueNotices } from '../src/use-cases/send-due-notices.ts';

export const handler = edge(sendDueNotices);
