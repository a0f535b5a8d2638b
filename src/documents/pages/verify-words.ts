import type { CertificateContent } from '../../domain/certificate.ts';
import type { Locale } from '../../domain/tenant.ts';
import type { Phrases } from '../phrases.ts';
import type { VerdictFinding } from './verify-findings.ts';

/** Every fixed word of the verification page. */
export interface VerifyWords {
  title: string;
  intro: string;
  form: { heading: string; label: string; hint: string; button: string };
  nothing: string;
  tooLarge: string;
  good: { head: string; text: (kid: string) => string };
  bad: { head: string; text: string };
  simulation: string;
  proves: string;
  does: (content: CertificateContent, say: Phrases) => string[];
  doesNot: { heading: string; items: readonly string[] };
  problems: string;
  findings: Record<VerdictFinding, string>;
  details: string;
  otherwise: { heading: string; text: string; keys: string };
  footer: (company: string) => string;
}

const english: VerifyWords = {
  title: 'Check a certificate of erasure',
  intro:
    'Choose a certificate as you received it, the PDF or the JSON file. It is read by this server, goes nowhere else and is not kept.',
  form: {
    heading: 'Your file',
    label: 'Certificate (PDF or JSON)',
    hint: 'At most 5 MB.',
    button: 'Check the certificate',
  },
  nothing: 'Choose a file first.',
  tooLarge: 'The file is larger than 5 MB, so it is no certificate of ours.',
  good: {
    head: 'The certificate is genuine and unchanged',
    text: (kid) => `Every byte of the file is as it was issued. It is signed with our key ${kid}.`,
  },
  bad: { head: 'This is not a valid certificate', text: 'Do not rely on this file.' },
  simulation:
    'It was made in a trial environment with a simulated clock. Its signature is good, but it proves no erasure of real data.',
  proves: 'What it proves',
  does: (content, say) => [
    `It is the certificate ${content.id}, issued on ${say.dateTime(content.issuedAt)} by ${content.operator.organisation} for ${content.customer.name} (${content.customer.tenant}).`,
    `It concerns ${say.scope(content.case.scope)}. Reason: ${say.reason(content.case.reason)}. Authority: ${content.authority.clause} (${content.authority.reference}).`,
    `The erasure began on ${say.dateTime(content.dates.begunAt)} and was complete on ${say.dateTime(content.dates.completedAt)}.`,
    `There were ${say.count(content.inventory.objects, 'object')} with ${say.bytes(content.inventory.bytes)}, and ${say.count(content.inventory.copies, 'copy')} of them. ${say.number(content.places.length)} places are listed, each with the operations performed there and how they were verified.`,
    'In the places listed, at the times listed, the operations listed were performed and verified as stated.',
  ],
  doesNot: {
    heading: 'What it does not prove',
    items: ['Places not listed were not examined.', 'It says nothing of data that others hold.'],
  },
  problems: 'What is wrong',
  findings: {
    'no-certificate': 'The file is neither a certificate in JSON nor one in PDF.',
    'no-signature': 'The file has no signature.',
    'unknown-key': 'It is signed with a key that is not ours.',
    'bad-signature': 'The signature does not fit the content: one of the two was changed.',
    'readable-differs': 'What can be read in it differs from what is signed.',
    rewritten: 'Bytes were added, removed or changed around the content.',
    'pdf-changed': 'The PDF was changed after it was sealed, or it has no seal.',
    'pdf-attachment': 'The PDF does not hold the certificate that it is sealed for.',
    other: 'The file is not in the exact form of a certificate.',
  },
  details: 'In detail, for experts',
  otherwise: {
    heading: 'Without us',
    text: 'Nobody has to trust this page: the signature is a JWS (RFC 7515, ES256), which common tools verify without any network, with the public keys at',
    keys: 'our public keys',
  },
  footer: (company) => `${company} runs this page.`,
};

const spanish: VerifyWords = {
  title: 'Comprobar un certificado de eliminación',
  intro:
    'Elija un certificado tal como lo recibió, el archivo PDF o el JSON. Lo lee este servidor, no se envía a ningún otro sitio y no se guarda.',
  form: {
    heading: 'Su archivo',
    label: 'Certificado (PDF o JSON)',
    hint: 'Como máximo 5 MB.',
    button: 'Comprobar el certificado',
  },
  nothing: 'Elija antes un archivo.',
  tooLarge: 'El archivo ocupa más de 5 MB, así que no es un certificado nuestro.',
  good: {
    head: 'El certificado es auténtico y no se ha modificado',
    text: (kid) => `Cada byte del archivo está como se emitió. Está firmado con nuestra clave ${kid}.`,
  },
  bad: { head: 'Este no es un certificado válido', text: 'No confíe en este archivo.' },
  simulation:
    'Se hizo en un entorno de prueba con reloj simulado. Su firma es correcta, pero no demuestra la eliminación de datos reales.',
  proves: 'Qué demuestra',
  does: (content, say) => [
    `Es el certificado ${content.id}, emitido el ${say.dateTime(content.issuedAt)} por ${content.operator.organisation} para ${content.customer.name} (${content.customer.tenant}).`,
    `Se refiere a ${say.scope(content.case.scope)}. Motivo: ${say.reason(content.case.reason)}. Fundamento: ${content.authority.clause} (${content.authority.reference}).`,
    `La eliminación empezó el ${say.dateTime(content.dates.begunAt)} y concluyó el ${say.dateTime(content.dates.completedAt)}.`,
    `Había ${say.count(content.inventory.objects, 'object')} con ${say.bytes(content.inventory.bytes)} y ${say.count(content.inventory.copies, 'copy')} de ellos. Figuran ${say.number(content.places.length)} lugares, cada uno con las operaciones ejecutadas y su comprobación.`,
    'En los lugares indicados, y en los momentos indicados, las operaciones indicadas se ejecutaron y comprobaron según consta.',
  ],
  doesNot: {
    heading: 'Qué no demuestra',
    items: ['Los lugares no indicados no fueron examinados.', 'No dice nada de datos que tengan otros.'],
  },
  problems: 'Qué falla',
  findings: {
    'no-certificate': 'El archivo no es un certificado en JSON ni en PDF.',
    'no-signature': 'El archivo no tiene firma.',
    'unknown-key': 'Está firmado con una clave que no es nuestra.',
    'bad-signature': 'La firma no corresponde al contenido: se modificó uno de los dos.',
    'readable-differs': 'Lo que se lee en él difiere de lo que está firmado.',
    rewritten: 'Se añadieron, quitaron o modificaron bytes alrededor del contenido.',
    'pdf-changed': 'El PDF se modificó después de sellarlo, o no tiene sello.',
    'pdf-attachment': 'El PDF no contiene el certificado para el que está sellado.',
    other: 'El archivo no tiene la forma exacta de un certificado.',
  },
  details: 'En detalle, para expertos (en inglés)',
  otherwise: {
    heading: 'Sin nosotros',
    text: 'Nadie tiene que fiarse de esta página: la firma es un JWS (RFC 7515, ES256), que las herramientas habituales comprueban sin conexión con',
    keys: 'nuestras claves públicas',
  },
  footer: (company) => `${company} es responsable de esta página.`,
};

const german: VerifyWords = {
  title: 'Ein Löschzertifikat prüfen',
  intro:
    'Wählen Sie ein Zertifikat, wie Sie es erhalten haben, als PDF oder JSON. Dieser Server liest es, gibt es nirgendwohin weiter und behält es nicht.',
  form: {
    heading: 'Ihre Datei',
    label: 'Zertifikat (PDF oder JSON)',
    hint: 'Höchstens 5 MB.',
    button: 'Zertifikat prüfen',
  },
  nothing: 'Wählen Sie zuerst eine Datei.',
  tooLarge: 'Die Datei ist größer als 5 MB; sie ist also kein Zertifikat von uns.',
  good: {
    head: 'Das Zertifikat ist echt und unverändert',
    text: (kid) => `Jedes Byte der Datei ist, wie es ausgestellt wurde. Signiert ist sie mit unserem Schlüssel ${kid}.`,
  },
  bad: { head: 'Das ist kein gültiges Zertifikat', text: 'Verlassen Sie sich nicht auf diese Datei.' },
  simulation:
    'Es stammt aus einer Testumgebung mit simulierter Uhr. Die Signatur stimmt, doch es beweist keine Löschung wirklicher Daten.',
  proves: 'Was es beweist',
  does: (content, say) => [
    `Es ist das Zertifikat ${content.id}, ausgestellt am ${say.dateTime(content.issuedAt)} von ${content.operator.organisation} für ${content.customer.name} (${content.customer.tenant}).`,
    `Umfang: ${say.scope(content.case.scope)}. Grund: ${say.reason(content.case.reason)}. Grundlage: ${content.authority.clause} (${content.authority.reference}).`,
    `Die Löschung begann am ${say.dateTime(content.dates.begunAt)} und war am ${say.dateTime(content.dates.completedAt)} abgeschlossen.`,
    `Es gab ${say.count(content.inventory.objects, 'object')} mit ${say.bytes(content.inventory.bytes)} und ${say.count(content.inventory.copies, 'copy')} davon. Aufgeführt sind ${say.number(content.places.length)} Orte, jeweils mit den Schritten, die dort ausgeführt wurden, und ihrer Prüfung.`,
    'An den aufgeführten Orten wurden zu den aufgeführten Zeiten die aufgeführten Schritte ausgeführt und wie angegeben geprüft.',
  ],
  doesNot: {
    heading: 'Was es nicht beweist',
    items: ['Nicht aufgeführte Orte wurden nicht untersucht.', 'Über Daten bei anderen sagt es nichts.'],
  },
  problems: 'Was nicht stimmt',
  findings: {
    'no-certificate': 'Die Datei ist weder ein Zertifikat in JSON noch eines in PDF.',
    'no-signature': 'Die Datei hat keine Signatur.',
    'unknown-key': 'Sie ist mit einem Schlüssel signiert, der nicht unserer ist.',
    'bad-signature': 'Die Signatur passt nicht zum Inhalt: Eines von beiden wurde verändert.',
    'readable-differs': 'Was darin zu lesen ist, weicht von dem ab, was signiert ist.',
    rewritten: 'Um den Inhalt herum wurden Bytes hinzugefügt, entfernt oder verändert.',
    'pdf-changed': 'Das PDF wurde nach der Versiegelung verändert, oder es hat kein Siegel.',
    'pdf-attachment': 'Das PDF enthält nicht das Zertifikat, für das es versiegelt ist.',
    other: 'Die Datei hat nicht die genaue Form eines Zertifikats.',
  },
  details: 'Im Einzelnen, für Fachleute (auf Englisch)',
  otherwise: {
    heading: 'Ohne uns',
    text: 'Niemand muss dieser Seite vertrauen: Die Signatur ist eine JWS (RFC 7515, ES256), die übliche Werkzeuge ohne Netzverbindung prüfen, mit',
    keys: 'unseren öffentlichen Schlüsseln',
  },
  footer: (company) => `Diese Seite betreibt ${company}.`,
};

const all: Record<Locale, VerifyWords> = { es: spanish, en: english, de: german };

/** The words of a language. */
export function verifyWords(locale: Locale): VerifyWords {
  return all[locale];
}
