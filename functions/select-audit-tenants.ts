import { edge } from '../src/edge.ts';
import { selectAuditTenants } from '../src/use-cases/select-audit-tenants.ts';

export const handler = edge(selectAuditTenants);
