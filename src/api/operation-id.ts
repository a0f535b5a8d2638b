/**
 * Name of an operation, for generated clients: `GET /v1/cases/{case}/certificate.pdf` is `getCasesByCaseCertificatePdf`. It comes from
 * method and path alone, so it stays as long as they do.
 */
export function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, '/')
    .replaceAll(/\{(\w+)\}/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)].join('');
}
