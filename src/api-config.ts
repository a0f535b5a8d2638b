import { z } from 'zod';

/** A text that says something. */
export const text = z.string({ error: 'must be text' }).trim().min(1, { error: 'is empty' });

/** An address that browsers reach: https, or http on this machine. */
const webAddress = text.refine(isWebAddress, {
  error: 'must be an https address such as https://tenure.example.com (http only for localhost)',
});

/** What may be set about the API; see {@link ApiConfig}. */
export const apiSchema = z.strictObject({
  /** Where the API is reached from outside; mails then carry links to the pages of their cases. */
  publicUrl: webAddress
    .refine((url) => !/[?#]/.test(url), { error: 'must be an address without ? and #' })
    .exactOptional(),
  /** Where customers pay open invoices; stands on notices and on the pages of their cases. */
  paymentUrl: webAddress.exactOptional(),
  /** Provider whose tokens are taken beside the home's own. */
  oidc: z
    .strictObject({
      issuer: webAddress,
      audience: text,
      jwksUri: webAddress.exactOptional(),
      tenantClaim: text.default('tenant'),
      scopeClaim: text.default('scope'),
      mfaClaim: text.default('amr'),
      mfaValues: z.array(text).min(1, { error: 'names no value' }).default(['mfa']),
    })
    .exactOptional(),
  /** Origins of browser applications that may call. */
  corsOrigins: z
    .array(
      webAddress.refine((url) => isWebAddress(url) && new URL(url).origin === url, {
        error: 'must be an origin such as https://app.example.com, without a path',
      }),
    )
    .exactOptional(),
  /** Proxies that stand in front of `serve`, each of which adds to `X-Forwarded-For`; nothing of it is believed beyond them. */
  proxies: z.int().min(0).max(5).exactOptional(),
  /** Folder below which operators restore over HTTP; without it they do so on the machine itself. */
  restoreRoot: text.exactOptional(),
  /** Files that hold the secrets (`whsec_…`) of the Stripe endpoint, one each: the current one first, then one that is being replaced. */
  stripeSecretFiles: z.array(text).min(1).max(3).exactOptional(),
  /** Requests a minute: of one caller, and from one address that shows no credential. Default: 600 and 120. */
  limits: z
    .strictObject({ perCaller: z.int().min(1).max(1_000_000), perAddress: z.int().min(1).max(1_000_000) })
    .exactOptional(),
  /** Webhooks and callbacks may go to addresses of private networks. */
  allowPrivateTargets: z.boolean().exactOptional(),
});

/** The section `api` of `tenure.yml`. */
export type ApiConfig = z.output<typeof apiSchema>;

function isWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
