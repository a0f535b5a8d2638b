import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Context } from 'hono';
import { version } from '../version.ts';
import type { Api, ApiEnv } from './api.ts';

/** What the page is made of; the files are those of the package. */
const assets: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenure API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null });\n`;

/** Everything from here, styles also within elements: Swagger UI sets them so. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** `/openapi.json` (OpenAPI 3.1) and the reference page at `/docs`, which loads nothing from anywhere else. */
export function defineReference(app: Api): void {
  const description = 'Backups, restores, notices, erasures and certificates over HTTP.';
  const open = { access: 'public' as const, method: 'get' };
  app.accesses.push({ ...open, path: '/openapi.json' }, { ...open, path: '/docs' }, { ...open, path: '/docs/{file}' });
  app.get('/openapi.json', (c) =>
    c.json(app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Tenure', version, description } })),
  );
  app.get('/docs', (c) => sent(c, page, 'text/html; charset=utf-8'));
  app.get('/docs/:file', async (c) => {
    const name = c.req.param('file');
    if (name === 'start.js') return sent(c, start, 'text/javascript; charset=utf-8');
    const type = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (type === undefined) return c.notFound();
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    return sent(c, new Uint8Array(await readFile(join(folder, name))), type);
  });
}

function sent(c: Context<ApiEnv>, body: string | Uint8Array<ArrayBuffer>, type: string): Response {
  c.header('content-security-policy', policy);
  return c.body(body, 200, { 'content-type': type });
}
