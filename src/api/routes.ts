import type { Api } from './api.ts';
import { defineReference } from './reference.ts';
import { defineCaseChanges } from './routes/case-changes.ts';
import { defineCasePages } from './routes/case-pages.ts';
import { defineCases } from './routes/cases.ts';
import { defineCertificates } from './routes/certificates.ts';
import { defineContacts } from './routes/contacts.ts';
import { defineDownloads } from './routes/downloads.ts';
import { defineExecutions } from './routes/executions.ts';
import { defineFinance } from './routes/finance.ts';
import { defineHealth } from './routes/health.ts';
import { defineHolds } from './routes/holds.ts';
import { defineOpendsr } from './routes/opendsr.ts';
import { defineOpendsrCertificate } from './routes/opendsr-certificate.ts';
import { definePlans } from './routes/plans.ts';
import { defineProof } from './routes/proof.ts';
import { defineRestores } from './routes/restores.ts';
import { defineSnapshots } from './routes/snapshots.ts';
import { defineSources } from './routes/sources.ts';
import { defineSystem } from './routes/system.ts';
import { defineTenants } from './routes/tenants.ts';
import { defineVerification } from './routes/verification.ts';
import { defineWebhooks } from './routes/webhooks.ts';

/** Every resource, in the order of the reference. */
export function defineRoutes(app: Api): void {
  defineTenants(app);
  defineContacts(app);
  defineSources(app);
  defineSnapshots(app);
  defineDownloads(app);
  defineRestores(app);
  definePlans(app);
  defineCases(app);
  defineCaseChanges(app);
  defineCasePages(app);
  defineHolds(app);
  defineFinance(app);
  defineOpendsr(app);
  defineOpendsrCertificate(app);
  defineCertificates(app);
  defineVerification(app);
  defineProof(app);
  defineExecutions(app);
  defineSystem(app);
  defineWebhooks(app);
  defineHealth(app);
  defineReference(app);
}
