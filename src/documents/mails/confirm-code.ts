import type { Scope } from '../../domain/scope.ts';
import type { MailTemplate } from '../mail-frame.ts';

/** A code that proves that the request came from the address on file. */
export interface ConfirmCodeData {
  caseId: string;
  scope: Scope;
  code: string;
  expiresAt: string;
  /** Cooling-off period that begins with the confirmation. */
  coolingOffDays: number;
}

/** Asks the customer to confirm a request. The link below it leads to a form: programs that follow links confirm nothing. */
export const confirmCode: MailTemplate<ConfirmCodeData> = {
  es: (data, say) => ({
    subject: `Código para confirmar su solicitud de eliminación (expediente ${data.caseId})`,
    blocks: [
      {
        paragraph: `Hemos recibido, en nombre de ${data.tenant.name}, la solicitud de eliminar ${say.scope(data.scope)}. Para confirmarla, ${data.link === undefined ? `comunique este código a ${data.operator.name}` : `introduzca este código en la página del expediente, cuya dirección figura más abajo, o comuníquelo a ${data.operator.name}`}:`,
      },
      { code: data.code },
      {
        paragraph: `El código vale hasta el ${say.dateTime(data.expiresAt)}. Tras la confirmación comienza un plazo de reflexión de ${say.period(data.coolingOffDays)}, durante el cual puede retirar la solicitud.`,
      },
      {
        paragraph: `Si no ha solicitado nada, no comunique el código a nadie y avísenos en ${data.operator.email}: sin confirmación no se eliminará nada.`,
      },
    ],
  }),
  en: (data, say) => ({
    subject: `Code to confirm your request for erasure (case ${data.caseId})`,
    blocks: [
      {
        paragraph: `We have received a request on behalf of ${data.tenant.name} to erase ${say.scope(data.scope)}. To confirm it, ${data.link === undefined ? `give this code to ${data.operator.name}` : `enter this code on the page of the case, whose address stands below, or give it to ${data.operator.name}`}:`,
      },
      { code: data.code },
      {
        paragraph: `The code is valid until ${say.dateTime(data.expiresAt)}. With the confirmation a cooling-off period of ${say.period(data.coolingOffDays)} begins, in which you can withdraw the request.`,
      },
      {
        paragraph: `If you did not ask for this, give the code to nobody and tell us at ${data.operator.email}: without confirmation nothing is erased.`,
      },
    ],
  }),
  de: (data, say) => ({
    subject: `Code zur Bestätigung Ihres Löschverlangens (Vorgang ${data.caseId})`,
    blocks: [
      {
        paragraph: `Im Namen von ${data.tenant.name} ist bei uns ein Löschverlangen eingegangen. Es umfasst ${say.scope(data.scope)}. ${data.link === undefined ? `Zur Bestätigung nennen Sie ${data.operator.name} bitte diesen Code` : `Zur Bestätigung geben Sie bitte diesen Code auf der Seite des Vorgangs ein, deren Adresse unten steht, oder nennen Sie ihn ${data.operator.name}`}:`,
      },
      { code: data.code },
      {
        paragraph: `Der Code gilt bis ${say.dateTime(data.expiresAt)}. Mit der Bestätigung beginnt eine Bedenkzeit von ${say.period(data.coolingOffDays)}, in der Sie das Verlangen zurückziehen können.`,
      },
      {
        paragraph: `Haben Sie nichts verlangt, so geben Sie den Code niemandem weiter und benachrichtigen Sie uns unter ${data.operator.email}: Ohne Bestätigung wird nichts gelöscht.`,
      },
    ],
  }),
};
