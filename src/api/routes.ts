import type { Api } from './api.ts';
import { defineReference } from './reference.ts';
import { defineCaseChanges } from './routes/case-changes.ts';
import { defineCases } from './routes/cases.ts';
import { defineFinance } from './routes/finance.ts';
import { defineHealth } from './routes/health.ts';
import { defineHolds } from './routes/holds.ts';
import { defineTenants } from './routes/tenants.ts';

/** Every resource, in the order of the reference. */
export function defineRoutes(app: Api): void {
  defineHealth(app);
  defineTenants(app);
  defineCases(app);
  defineCaseChanges(app);
  defineHolds(app);
  defineFinance(app);
  defineReference(app);
}
