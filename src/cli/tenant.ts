import type { Contact, Locale, Tenant } from '../domain/tenant.ts';
import type { CommandModule } from './cli.ts';
import { atText, columns } from './text.ts';

interface TenantOptions {
  name?: string;
  email?: string[];
  locale?: string;
  timezone?: string;
  plan?: string;
  agreement?: string;
  agreementEnded?: string;
}

/** Gathers an option that may be repeated. */
const repeated = (value: string, before: string[] = []): string[] => [...before, value];

export const define: CommandModule['define'] = (tenant, cli) => {
  tenant
    .command('add')
    .argument('<id>', 'a-z, 0-9 and -')
    .description('take on a tenant')
    .requiredOption('--name <name>', 'as it stands on mails and certificates')
    .requiredOption('--email <address>', 'a contact, also as "Name <address>"; repeat it for more', repeated)
    .option('--locale <locale>', 'language of mails and documents: es, en or de (default: en)')
    .option('--timezone <zone>', 'IANA time zone in which days are counted (default: UTC)')
    .option('--plan <plan>', 'name of its plan (default: standard)')
    .option('--agreement <reference>', 'the agreement that both sides signed')
    .action(
      cli.act(async ({ deps, actor }, id: string, options: TenantOptions) => {
        const { addTenant } = await import('../use-cases/add-tenant.ts');
        const { name = '', contacts = [], agreement, ...rest } = fieldsOf(options, options.name ?? id);
        const added = await addTenant.typed(deps, {
          id,
          name,
          contacts,
          ...rest,
          ...(agreement?.reference === undefined ? {} : { agreement: { reference: agreement.reference } }),
          actor,
        });
        return { json: shown(added), text: `Added tenant ${id} (${added.name}) on the plan ${added.plan}.` };
      }),
    );

  tenant
    .command('list')
    .description('all tenants')
    .action(
      cli.view(async ({ deps }) => {
        const { listTenants } = await import('../use-cases/list-tenants.ts');
        const all = await listTenants(deps);
        const rows = all.map((each) => [
          each.id,
          each.name,
          each.paused ? `${each.status}, paused` : each.status,
          each.plan,
        ]);
        return {
          json: all.map(({ id, name, status, plan }) => ({ id, name, status, plan })),
          text:
            all.length === 0
              ? 'No tenants yet: `tenure tenant add`.'
              : columns(['TENANT', 'NAME', 'STATUS', 'PLAN'], rows),
        };
      }),
    );

  tenant
    .command('show')
    .argument('<id>')
    .description('one tenant with its sources')
    .action(
      cli.view(async ({ deps }, id: string) => {
        const { showTenant } = await import('../use-cases/show-tenant.ts');
        const { tenant: found, sources } = await showTenant.typed(deps, { id });
        return { json: { ...shown(found), sources }, text: tenantText(found, sources) };
      }),
    );

  tenant
    .command('set')
    .argument('<id>')
    .description('change a tenant; what is not named stays as it is')
    .option('--name <name>')
    .option('--email <address>', 'its contacts from now on; repeat it for more', repeated)
    .option('--locale <locale>', 'es, en or de')
    .option('--timezone <zone>')
    .option('--plan <plan>', 'open cases keep the plan version that they began under')
    .option('--agreement <reference>')
    .option('--agreement-ended <day>', 'calendar day on which the agreement ended')
    .action(
      cli.act(async ({ deps, actor }, id: string, options: TenantOptions) => {
        const { setTenant } = await import('../use-cases/set-tenant.ts');
        const { showTenant } = await import('../use-cases/show-tenant.ts');
        const { tenant: before } = await showTenant.typed(deps, { id });
        const { agreement, ...fields } = fieldsOf(options, options.name ?? before.name);
        const joined = { reference: '', ...before.agreement, ...agreement };
        const change = { ...fields, ...(agreement === undefined ? {} : { agreement: joined }) };
        const { tenant: after, changed } = await setTenant.typed(deps, { id, ...change, actor });
        return {
          json: shown(after),
          text: changed.length === 0 ? 'Nothing is different.' : `Changed ${changed.join(', ')} of tenant ${id}.`,
        };
      }),
    );

  tenant
    .command('pause')
    .argument('<id>')
    .description("suspend a tenant's backups; copies still expire, notices still run")
    .option('--end', 'resume them')
    .action(
      cli.act(async ({ deps, actor }, id: string, options: { end?: boolean }) => {
        const { setTenant } = await import('../use-cases/set-tenant.ts');
        const paused = options.end !== true;
        const { tenant: after } = await setTenant.typed(deps, { id, paused, actor });
        return { json: shown(after), text: `Backups of tenant ${id} ${paused ? 'are suspended' : 'go on'}.` };
      }),
    );
};

/** What the options say, in the words of the use cases. `contactName` is for addresses that come without a name. */
function fieldsOf(options: TenantOptions, contactName: string) {
  const { name, email, locale, timezone, plan, agreement, agreementEnded } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { contacts: email.map((text) => contactOf(text, contactName)) }),
    // The use case refuses what is no locale, with all other problems.
    ...(locale === undefined ? {} : { locale: locale as Locale }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(plan === undefined ? {} : { plan }),
    ...(agreement === undefined && agreementEnded === undefined
      ? {}
      : {
          agreement: {
            ...(agreement === undefined ? {} : { reference: agreement }),
            ...(agreementEnded === undefined ? {} : { endedOn: agreementEnded }),
          },
        }),
  };
}

/** `Ana Ruiz <ana@example.com>` or the address alone. */
function contactOf(text: string, name: string): Contact {
  const [, named, address] = /^\s*"?([^"<]*?)"?\s*<([^<>]*)>\s*$/.exec(text) ?? [];
  return address === undefined
    ? { name, email: text.trim() }
    : { name: named === '' || named === undefined ? name : named, email: address };
}

function shown({ ledgerId: _ledgerId, ...tenant }: Tenant) {
  return tenant;
}

function tenantText(
  tenant: Tenant,
  sources: readonly { name: string; kind: string; location: string; status: string }[],
): string {
  const facts = [
    ['name', tenant.name],
    ['status', tenant.paused ? `${tenant.status}, backups paused` : tenant.status],
    ['plan', tenant.plan],
    ['locale', `${tenant.locale}, ${tenant.timezone}`],
    ...tenant.contacts.map(({ name, email }) => ['contact', `${name} <${email}>`]),
    ...(tenant.agreement === undefined
      ? []
      : [
          [
            'agreement',
            `${tenant.agreement.reference}${tenant.agreement.endedOn === undefined ? '' : `, ended ${tenant.agreement.endedOn}`}`,
          ],
        ]),
    ['since', atText(tenant.createdAt)],
  ];
  const list = columns(
    ['SOURCE', 'KIND', 'STATUS', 'LOCATION'],
    sources.map(({ name, kind, status, location }) => [name, kind, status, location]),
  );
  return `${columns(['TENANT', tenant.id], facts)}\n\n${sources.length === 0 ? 'No sources yet: `tenure source add`.' : list}`;
}
