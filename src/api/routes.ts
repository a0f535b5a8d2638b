import type { Api } from './api.ts';
import { defineTenants } from './routes/tenants.ts';

/** Every resource, in the order of the reference. */
export function defineRoutes(app: Api): void {
  defineTenants(app);
}
