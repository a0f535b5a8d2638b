import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Deps } from '../deps.ts';
import { alerts, tenants } from '../records.ts';
import { newestReport } from '../use-cases/control-reports.ts';
import type { RequestLine } from './api.ts';

/** What `/metrics` shows. No tenant is ever a label: their names would leave, and their number is without bound. */
export interface ApiMetrics {
  observe(line: RequestLine): void;
  /** The exposition format, with gauges as they are now. */
  text(deps: Deps): Promise<{ type: string; body: string }>;
}

/** Counts requests and shows the posture of the home. */
export function apiMetrics(): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'tenure_http_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tenure_http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 5, 30],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const tenantCount = gauge('tenure_tenants', 'Tenants that are not erased.');
  const openAlerts = gauge('tenure_alerts_open', 'Alerts that nobody has closed.');
  const failedControls = gauge('tenure_controls_failed', 'Controls that failed when they were last evaluated.');
  const controlsAt = gauge('tenure_controls_evaluated_timestamp_seconds', 'When the controls were last evaluated.');
  return {
    observe({ method, route, status, ms }) {
      requests.inc({ method, route, status: String(status) });
      seconds.observe({ method, route }, ms / 1000);
    },
    async text({ table, ...deps }) {
      const all = await tenants.list(table, 'TENANTS');
      tenantCount.set(all.filter(({ value }) => value.status !== 'erased').length);
      openAlerts.set((await alerts.list(table, 'ALERTS')).filter(({ value }) => value.status !== 'closed').length);
      const report = await newestReport({ ...deps, table });
      if (report !== undefined) {
        failedControls.set(report.results.filter(({ status }) => status === 'fail').length);
        controlsAt.set(Date.parse(report.at) / 1000);
      }
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}
