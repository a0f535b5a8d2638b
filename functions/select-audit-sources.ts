import { edge } from '../src/edge.ts';
import { selectAuditSources } from '../src/use-cases/select-audit-sources.ts';

export const handler = edge(selectAuditSources);
