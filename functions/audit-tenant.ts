import { edge } from '../src/edge.ts';
import { auditTenant } from '../src/use-cases/audit-tenant.ts';

export const handler = edge(auditTenant);
