import type { Api } from './api.ts';
import { defineReference } from './reference.ts';
import { defineHealth } from './routes/health.ts';
import { defineTenants } from './routes/tenants.ts';

/** Every resource, in the order of the reference. */
export function defineRoutes(app: Api): void {
  defineHealth(app);
  defineTenants(app);
  defineReference(app);
}
