import { edge } from '../src/edge.ts';
import { issueCertificate } from '../src/use-cases/issue-certificate.ts';

export const handler = edge(issueCertificate);
