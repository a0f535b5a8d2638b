import type { StepResult } from '../domain/certificate.ts';
import type { Channel, DeliveryLevel } from '../domain/notice.ts';
import type { Locale } from '../domain/tenant.ts';

/** Every fixed word of the printed certificate. */
export interface CertificateWords {
  title: string;
  number: string;
  issued: string;
  scan: string;
  intro: (customer: string, caseId: string) => string;
  sections: Record<
    | 'subject'
    | 'notice'
    | 'inventory'
    | 'places'
    | 'verification'
    | 'remainder'
    | 'exclusions'
    | 'statement'
    | 'signature',
    string
  >;
  labels: Record<
    | 'customer'
    | 'scope'
    | 'case'
    | 'reason'
    | 'authority'
    | 'grantedBy'
    | 'opened'
    | 'approval'
    | 'operator'
    | 'contact'
    | 'tool'
    | 'plan'
    | 'noticeSent'
    | 'clockStarted'
    | 'due'
    | 'destroyFrom'
    | 'begun'
    | 'completed'
    | 'method'
    | 'techniques'
    | 'verifiedBy'
    | 'swept'
    | 'survivors'
    | 'merkleRoot'
    | 'total'
    | 'algorithm'
    | 'key'
    | 'digest'
    | 'signature'
    | 'signedFor',
    string
  >;
  columns: Record<
    | 'source'
    | 'location'
    | 'objects'
    | 'bytes'
    | 'copies'
    | 'operation'
    | 'time'
    | 'result'
    | 'detail'
    | 'recipient'
    | 'channel'
    | 'levels'
    | 'what'
    | 'why'
    | 'place'
    | 'gone',
    string
  >;
  by: (who: string, when: string) => string;
  from: (when: string) => string;
  to: (when: string) => string;
  results: Record<StepResult, string>;
  levels: Record<DeliveryLevel, string>;
  channels: Record<Channel, string>;
  bounced: (when: string, reason: string) => string;
  evidence: (digest: string) => string;
  methods: Record<'clear' | 'purge', string>;
  none: string;
  noNotices: string;
  wording: string;
  countsNote: string;
  inventoryNote: string;
  timesNote: (zone: string) => string;
  verbatimNote: string;
  moreInFile: (count: string) => string;
  verify: (file: string) => string;
  page: (page: number, pages: number) => string;
  simulation: string;
}

const es: CertificateWords = {
  title: 'Certificado de eliminación de datos',
  number: 'Certificado n.º',
  issued: 'Expedido el',
  scan: 'Código de comprobación',
  intro: (customer, caseId) =>
    `El presente certificado deja constancia de la eliminación de datos de ${customer}, tramitada en el expediente ${caseId}. Enumera los lugares, las operaciones ejecutadas en cada uno de ellos y el modo en que se comprobaron.`,
  sections: {
    subject: 'Objeto y fundamento',
    notice: 'Avisos y fechas',
    inventory: 'Datos eliminados',
    places: 'Operaciones por lugar',
    verification: 'Método y comprobación',
    remainder: 'Restos iniciales, ya eliminados',
    exclusions: 'Exclusiones',
    statement: 'Declaración',
    signature: 'Firma electrónica',
  },
  labels: {
    customer: 'Cliente',
    scope: 'Alcance',
    case: 'Expediente',
    reason: 'Motivo',
    authority: 'Fundamento',
    grantedBy: 'Otorgado por',
    opened: 'Apertura',
    approval: 'Aprobación',
    operator: 'Operador',
    contact: 'Contacto',
    tool: 'Programa',
    plan: 'Versión del plan (SHA-256)',
    noticeSent: 'Aviso enviado',
    clockStarted: 'Inicio del plazo',
    due: 'Fin del plazo',
    destroyFrom: 'Eliminación no antes de',
    begun: 'Inicio de la eliminación',
    completed: 'Fin de la eliminación',
    method: 'Método',
    techniques: 'Técnicas',
    verifiedBy: 'Comprobación',
    swept: 'Búsqueda final',
    survivors: 'Restos encontrados',
    merkleRoot: 'Raíz de Merkle del inventario',
    total: 'Total',
    algorithm: 'Algoritmo',
    key: 'Clave',
    digest: 'SHA-256 del contenido',
    signature: 'Firma',
    signedFor: 'Por el operador',
  },
  columns: {
    source: 'Fuente',
    location: 'Ubicación',
    objects: 'Objetos',
    bytes: 'Bytes',
    copies: 'Copias',
    operation: 'Operación',
    time: 'Inicio y fin',
    result: 'Resultado',
    detail: 'Detalle',
    recipient: 'Destinatario',
    channel: 'Vía',
    levels: 'Constancia',
    what: 'Qué',
    why: 'Motivo',
    place: 'Lugar',
    gone: 'Eliminado el',
  },
  by: (who, when) => `${who}, ${when}`,
  from: (when) => `desde ${when}`,
  to: (when) => `hasta ${when}`,
  results: {
    done: 'ejecutada',
    verified: 'comprobada',
    'attempted-not-verifiable': 'intentada, no comprobable',
    attested: 'atestiguada',
  },
  levels: {
    relayed: 'entregado al servidor de salida',
    accepted: 'aceptado por el servidor del destinatario',
    acknowledged: 'acuse de recibo',
  },
  channels: { mail: 'correo electrónico', 'registered-mail': 'correo certificado', post: 'correo postal' },
  bounced: (when, reason) => `devuelto el ${when}: ${reason}`,
  evidence: (digest) => `prueba ${digest}…`,
  methods: { clear: 'Clear (borrado lógico)', purge: 'Purge (purga)' },
  none: 'ninguno',
  noNotices: 'No hubo avisos: la eliminación la solicitó y confirmó el propio cliente.',
  wording:
    'En los lugares indicados, y en los momentos indicados, las operaciones indicadas se ejecutaron y comprobaron según consta. Los lugares no indicados no fueron examinados.',
  countsNote:
    'Objetos y bytes son los de los datos activos al comenzar la eliminación; las copias contenían los mismos estados u otros anteriores.',
  inventoryNote:
    'Cada hoja del árbol de Merkle lleva una sal aleatoria. Con el archivo de inventario que recibió el cliente puede demostrarse que una ruta concreta formaba parte de los datos, sin revelar ninguna otra.',
  timesNote: (zone) => `Horas en la zona horaria ${zone}.`,
  verbatimNote: 'Los pormenores en inglés se reproducen literalmente del contenido firmado.',
  moreInFile: (count) => `y ${count} más; la lista completa figura en el archivo adjunto`,
  verify: (file) =>
    `Este documento está firmado electrónicamente y es válido sin firma manuscrita. Lleva adjunto el archivo ${file} con el contenido firmado. Cualquiera puede comprobar ambos sin conexión, con la clave pública del operador: tenure certificate verify ARCHIVO --jwks CLAVES. Si se altera un solo byte, la comprobación falla.`,
  page: (page, pages) => `Página ${page} de ${pages}`,
  simulation: 'SIMULACIÓN',
};

const en: CertificateWords = {
  title: 'Certificate of Data Erasure',
  number: 'Certificate no.',
  issued: 'Issued on',
  scan: 'Verification code',
  intro: (customer, caseId) =>
    `This certificate records the erasure of data of ${customer} under case ${caseId}. It lists the places, the operations performed in each of them, and how these were verified.`,
  sections: {
    subject: 'Subject and authority',
    notice: 'Notices and dates',
    inventory: 'Data erased',
    places: 'Operations by place',
    verification: 'Method and verification',
    remainder: 'Initial remainder, since gone',
    exclusions: 'Exclusions',
    statement: 'Statement',
    signature: 'Electronic signature',
  },
  labels: {
    customer: 'Customer',
    scope: 'Scope',
    case: 'Case',
    reason: 'Reason',
    authority: 'Authority',
    grantedBy: 'Granted by',
    opened: 'Opened',
    approval: 'Approval',
    operator: 'Operator',
    contact: 'Contact',
    tool: 'Program',
    plan: 'Plan version (SHA-256)',
    noticeSent: 'Notice sent',
    clockStarted: 'Period began',
    due: 'Period ended',
    destroyFrom: 'Erasure not before',
    begun: 'Erasure began',
    completed: 'Erasure completed',
    method: 'Method',
    techniques: 'Techniques',
    verifiedBy: 'Verification',
    swept: 'Final sweep',
    survivors: 'Survivors found',
    merkleRoot: 'Merkle root of the inventory',
    total: 'Total',
    algorithm: 'Algorithm',
    key: 'Key',
    digest: 'SHA-256 of the content',
    signature: 'Signature',
    signedFor: 'For the operator',
  },
  columns: {
    source: 'Source',
    location: 'Location',
    objects: 'Objects',
    bytes: 'Bytes',
    copies: 'Copies',
    operation: 'Operation',
    time: 'Begin and end',
    result: 'Result',
    detail: 'Detail',
    recipient: 'Recipient',
    channel: 'Channel',
    levels: 'Record',
    what: 'What',
    why: 'Reason',
    place: 'Place',
    gone: 'Gone on',
  },
  by: (who, when) => `${who}, ${when}`,
  from: (when) => `from ${when}`,
  to: (when) => `to ${when}`,
  results: {
    done: 'performed',
    verified: 'verified',
    'attempted-not-verifiable': 'attempted, not verifiable',
    attested: 'attested',
  },
  levels: {
    relayed: 'handed to the mail relay',
    accepted: 'accepted by the recipient’s server',
    acknowledged: 'acknowledged',
  },
  channels: { mail: 'e-mail', 'registered-mail': 'registered mail', post: 'post' },
  bounced: (when, reason) => `returned on ${when}: ${reason}`,
  evidence: (digest) => `evidence ${digest}…`,
  methods: { clear: 'Clear', purge: 'Purge' },
  none: 'none',
  noNotices: 'No notices were given: the customer itself requested and confirmed the erasure.',
  wording:
    'In the places listed, at the times listed, the operations listed were performed and verified as stated. Places not listed were not examined.',
  countsNote:
    'Objects and bytes are those of the live data when the erasure began; the copies held the same or earlier states.',
  inventoryNote:
    'Every leaf of the Merkle tree carries a random salt. With the inventory file that the customer received, any single path can be shown to have been part of the data without revealing another.',
  timesNote: (zone) => `Times are given in the time zone ${zone}.`,
  verbatimNote: '',
  moreInFile: (count) => `and ${count} more; the attached file holds the full list`,
  verify: (file) =>
    `This document is signed electronically and is valid without a handwritten signature. The file ${file}, which holds the signed content, is attached to it. Anyone can verify both offline with the operator’s public key: tenure certificate verify FILE --jwks KEYS. If a single byte is changed, verification fails.`,
  page: (page, pages) => `Page ${page} of ${pages}`,
  simulation: 'SIMULATION',
};

const de: CertificateWords = {
  title: 'Zertifikat über die Datenlöschung',
  number: 'Zertifikat Nr.',
  issued: 'Ausgestellt am',
  scan: 'Prüfcode',
  intro: (customer, caseId) =>
    `Dieses Zertifikat hält die Löschung von Daten von ${customer} im Vorgang ${caseId} fest. Es führt die Orte auf, die dort jeweils ausgeführten Schritte und die Art ihrer Prüfung.`,
  sections: {
    subject: 'Gegenstand und Grundlage',
    notice: 'Ankündigungen und Termine',
    inventory: 'Gelöschte Daten',
    places: 'Schritte nach Ort',
    verification: 'Verfahren und Prüfung',
    remainder: 'Zunächst verbliebene, inzwischen gelöschte Reste',
    exclusions: 'Ausnahmen',
    statement: 'Erklärung',
    signature: 'Elektronische Signatur',
  },
  labels: {
    customer: 'Kunde',
    scope: 'Umfang',
    case: 'Vorgang',
    reason: 'Grund',
    authority: 'Grundlage',
    grantedBy: 'Erteilt von',
    opened: 'Eröffnet',
    approval: 'Freigabe',
    operator: 'Betreiber',
    contact: 'Kontakt',
    tool: 'Programm',
    plan: 'Planversion (SHA-256)',
    noticeSent: 'Ankündigung versandt',
    clockStarted: 'Beginn der Frist',
    due: 'Ende der Frist',
    destroyFrom: 'Löschung frühestens ab',
    begun: 'Beginn der Löschung',
    completed: 'Ende der Löschung',
    method: 'Verfahren',
    techniques: 'Techniken',
    verifiedBy: 'Prüfung',
    swept: 'Abschließende Suche',
    survivors: 'Gefundene Reste',
    merkleRoot: 'Merkle-Wurzel des Inventars',
    total: 'Summe',
    algorithm: 'Algorithmus',
    key: 'Schlüssel',
    digest: 'SHA-256 des Inhalts',
    signature: 'Signatur',
    signedFor: 'Für den Betreiber',
  },
  columns: {
    source: 'Quelle',
    location: 'Ort',
    objects: 'Objekte',
    bytes: 'Byte',
    copies: 'Kopien',
    operation: 'Schritt',
    time: 'Beginn und Ende',
    result: 'Ergebnis',
    detail: 'Einzelheiten',
    recipient: 'Empfänger',
    channel: 'Weg',
    levels: 'Nachweis',
    what: 'Was',
    why: 'Grund',
    place: 'Ort',
    gone: 'Gelöscht am',
  },
  by: (who, when) => `${who}, ${when}`,
  from: (when) => `von ${when}`,
  to: (when) => `bis ${when}`,
  results: {
    done: 'ausgeführt',
    verified: 'geprüft',
    'attempted-not-verifiable': 'versucht, nicht prüfbar',
    attested: 'bezeugt',
  },
  levels: {
    relayed: 'dem Ausgangsserver übergeben',
    accepted: 'vom Server des Empfängers angenommen',
    acknowledged: 'Empfang bestätigt',
  },
  channels: { mail: 'E-Mail', 'registered-mail': 'Einschreiben', post: 'Post' },
  bounced: (when, reason) => `zurückgekommen am ${when}: ${reason}`,
  evidence: (digest) => `Beleg ${digest}…`,
  methods: { clear: 'Clear (Bereinigen)', purge: 'Purge (Tilgen)' },
  none: 'keine',
  noNotices: 'Es gab keine Ankündigung: Der Kunde hat die Löschung selbst verlangt und bestätigt.',
  wording:
    'An den aufgeführten Orten wurden zu den aufgeführten Zeiten die aufgeführten Schritte ausgeführt und wie angegeben geprüft. Nicht aufgeführte Orte wurden nicht untersucht.',
  countsNote:
    'Objekte und Byte sind die der aktiven Daten zu Beginn der Löschung; die Kopien enthielten dieselben oder frühere Stände.',
  inventoryNote:
    'Jedes Blatt des Merkle-Baums trägt ein zufälliges Salz. Mit der Inventardatei, die der Kunde erhalten hat, lässt sich für jeden einzelnen Pfad zeigen, dass er zu den Daten gehörte, ohne einen anderen preiszugeben.',
  timesNote: (zone) => `Zeitangaben in der Zeitzone ${zone}.`,
  verbatimNote: 'Einzelheiten in englischer Sprache sind wörtlich aus dem signierten Inhalt übernommen.',
  moreInFile: (count) => `und ${count} weitere; die vollständige Liste enthält die angehängte Datei`,
  verify: (file) =>
    `Dieses Dokument ist elektronisch signiert und ohne Unterschrift gültig. Ihm ist die Datei ${file} mit dem signierten Inhalt angehängt. Beide kann jeder ohne Netzverbindung mit dem öffentlichen Schlüssel des Betreibers prüfen: tenure certificate verify DATEI --jwks SCHLÜSSEL. Wird auch nur ein Byte geändert, schlägt die Prüfung fehl.`,
  page: (page, pages) => `Seite ${page} von ${pages}`,
  simulation: 'SIMULATION',
};

/** The words of the certificate in each language. The English wording is the one that is signed. */
export const certificateWords: Record<Locale, CertificateWords> = { es, en, de };
