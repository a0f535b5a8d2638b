import { edge } from '../src/edge.ts';
import { auditSource } from '../src/use-cases/audit-source.ts';

export const handler = edge(auditSource);
