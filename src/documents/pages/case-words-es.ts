import { startOfDay } from '../../domain/calendar.ts';
import type { CaseWords } from './case-words.ts';

/** The page of a case in Spanish. */
export const spanish: CaseWords = {
  title: (id) => `Expediente de eliminación ${id}`,
  intro: {
    'customer-request': 'Usted nos pidió eliminar datos. Aquí puede ver cómo va su solicitud y qué puede hacer.',
    'non-payment': 'Le hemos anunciado la eliminación de datos porque hay facturas pendientes de pago.',
    obsolete: 'Le hemos anunciado la eliminación de datos porque ya no se necesitan.',
  },
  standing: {
    'waits-for-code': ({ confirmation }, say) => ({
      head: 'A la espera de su código',
      text: `Hemos enviado un código a la dirección registrada. No se elimina nada si no se introduce aquí${confirmation?.codeExpiresAt === undefined ? '' : `, a más tardar el ${say.dateTime(confirmation.codeExpiresAt)}`}.`,
    }),
    'code-gone': () => ({
      head: 'El código ya no vale',
      text: 'Ha caducado o se introdujo mal demasiadas veces. No se elimina nada. Si mantiene su solicitud, pida un código nuevo.',
    }),
    'not-noticed': () => ({
      head: 'El aviso está en preparación',
      text: 'El expediente está abierto. El plazo empieza solo cuando nuestro aviso le haya llegado; antes no se elimina nada.',
    }),
    undeliverable: () => ({
      head: 'Nuestro aviso no le ha llegado',
      text: 'El plazo no ha empezado y no se elimina nada hasta que llegue un aviso. Indíquenos, por favor, una dirección en la que podamos localizarle.',
    }),
    notified: ({ clock }, say) => ({
      head: 'El plazo está en curso',
      text:
        clock === undefined
          ? 'Todavía puede responder.'
          : `Puede responder hasta el ${say.dateTime(clock.dueAt)}. No se elimina nada antes del ${say.dateTime(clock.destroyFrom)}.`,
    }),
    objected: () => ({
      head: 'Estamos examinando su oposición',
      text: 'El plazo está detenido. No se elimina nada hasta que se aclare el asunto.',
    }),
    promised: ({ until }, say) => ({
      head: 'Se ha prometido un pago',
      text: `El plazo está detenido${until === undefined ? '' : ` hasta el ${say.dateTime(until)}`}. Mientras tanto no se elimina nada.`,
    }),
    kept: ({ until }, say) => ({
      head: 'Los datos se conservan',
      text: `Tal como usted pidió, no se elimina nada${until === undefined ? '' : ` hasta el ${say.dateTime(until)}`}. Después empieza de nuevo el plazo completo.`,
    }),
    'awaiting-approval': ({ clock }, say) => ({
      head: 'El plazo ha vencido',
      text: `Falta la conformidad de una segunda persona de nuestra parte${clock === undefined ? '' : `; no se elimina nada antes del ${say.dateTime(clock.destroyFrom)}`}. Todavía puede responder.`,
    }),
    due: ({ clock }, say) => ({
      head: 'El plazo ha vencido',
      text: `La eliminación empieza ${clock === undefined ? 'en breve' : `el ${say.dateTime(clock.destroyFrom)} o después`}. Hasta entonces todavía puede responder.`,
    }),
    held: () => ({
      head: 'Los datos están retenidos',
      text: 'La ley o un procedimiento exigen conservar estos datos por ahora. Mientras eso dure no se elimina nada.',
    }),
    preparing: () => ({
      head: 'Se está preparando la eliminación',
      text: 'Todavía no se ha destruido nada. Puede ocurrir en cualquier momento; a partir de entonces no se puede detener.',
    }),
    erasing: ({ begunAt }, say) => ({
      head: 'Los datos se están eliminando',
      text: `La eliminación empezó${begunAt === undefined ? '' : ` el ${say.dateTime(begunAt)}`}. No puede detenerse ni deshacerse. Al terminar recibirá un certificado.`,
    }),
    remainder: () => ({
      head: 'Eliminados, salvo un resto',
      text: 'Algunas copias no pueden eliminarse todavía. Figuran más abajo, y lo intentaremos de nuevo hasta que desaparezcan.',
    }),
    erased: ({ certificate }, say) => ({
      head: 'Los datos están eliminados',
      text: `La eliminación ha concluido${certificate === undefined ? '' : ` y se certificó el ${say.dateTime(certificate.issuedAt)}`}. El certificado dice qué se hizo y dónde.`,
    }),
    'taken-back': ({ endedAt }, say) => ({
      head: 'Cancelado',
      text: `Usted canceló este expediente${endedAt === undefined ? '' : ` el ${say.dateTime(endedAt)}`}. No se elimina nada de él.`,
    }),
    'called-off': ({ endedAt }, say) => ({
      head: 'Cancelado',
      text: `Hemos cancelado este expediente${endedAt === undefined ? '' : ` el ${say.dateTime(endedAt)}`}. No se elimina nada de él.`,
    }),
    paid: ({ endedAt }, say) => ({
      head: 'Pagado y, por tanto, cancelado',
      text: `Su pago llegó${endedAt === undefined ? '' : ` el ${say.dateTime(endedAt)}`}. No se elimina nada de este expediente.`,
    }),
    lapsed: ({ endedAt }, say) => ({
      head: 'No confirmado y, por tanto, terminado',
      text: `El código no se introdujo a tiempo${endedAt === undefined ? '' : `; el expediente terminó el ${say.dateTime(endedAt)}`}. No se elimina nada.`,
    }),
  },
  held: 'Los datos están retenidos: la ley o un procedimiento exigen conservarlos por ahora. Mientras eso dure no se elimina nada.',
  obstaclesHead: 'Qué lo impide todavía',
  obstacles: {
    approval: 'Antes debe dar su conformidad una segunda persona de nuestra parte.',
    authority: 'Todavía tenemos que dejar constancia del fundamento que nos permite eliminar.',
    system: 'Hemos detenido las eliminaciones para una comprobación propia. Mientras tanto no se elimina nada.',
  },
  daysLeft: (days, say) =>
    days > 0
      ? `Le quedan ${say.count(days, 'day')} para responder`
      : days === 0
        ? 'Hoy es el último día para responder'
        : 'El plazo para responder ha vencido',
  sections: {
    what: 'Qué se eliminará',
    whatGone: 'Qué se ha eliminado',
    whatKept: 'De qué se trataba',
    when: 'Cuándo',
    why: 'Por qué y con qué fundamento',
    delivered: 'Qué se le ha comunicado',
    ways: 'Qué puede hacer',
    course: 'Qué ha ocurrido hasta ahora',
    remainder: 'Qué no ha podido eliminarse todavía',
    certificate: 'El certificado',
  },
  labels: {
    case: 'Expediente',
    customer: 'Cliente',
    scope: 'Datos',
    copies: 'Copias de seguridad',
    reason: 'Motivo',
    authority: 'Fundamento',
    invoices: 'Facturas pendientes',
    due: 'Puede responder hasta el',
    from: 'Primera destrucción, no antes del',
    days: 'Días que quedan',
    opened: 'Abierto el',
    number: 'Número',
    issued: 'Emitido el',
    digest: 'Resumen (SHA-256)',
    objects: 'Eliminado',
    until: 'Detenido hasta el',
  },
  copies: (copies) => `${copies}, en todos los lugares donde se guardan`,
  ownInstruction: ({ confirmation }, say) =>
    confirmation?.confirmedAt === undefined
      ? 'Su propia instrucción, una vez confirmada con el código'
      : `Su propia instrucción, confirmada con el código el ${say.dateTime(confirmation.confirmedAt)}`,
  noClock: {
    'customer-request': ({ coolingOffDays }, say) =>
      `Todavía no hay fecha. Desde la confirmación tiene ${say.period(coolingOffDays)} para retirar la solicitud; solo después se elimina algo.`,
    'non-payment': ({ noticeDays }, say) =>
      `Por ahora no hay fecha. Desde que le llegue un aviso tiene ${say.period(noticeDays)}; solo después se elimina algo.`,
    obsolete: ({ noticeDays }, say) =>
      `Por ahora no hay fecha. Desde que le llegue un aviso tiene ${say.period(noticeDays)}; solo después se elimina algo.`,
  },
  nothingDelivered: 'Todavía no se ha enviado ningún aviso.',
  channels: { mail: 'Por correo electrónico', 'registered-mail': 'Por correo certificado', post: 'Por correo postal' },
  delivery: (channel, to) => (to === undefined ? channel : `${channel} a ${to}`),
  planned: 'Preparado',
  levels: {
    relayed: 'Entregado para su envío',
    accepted: 'Aceptado por el servidor del destinatario',
    acknowledged: 'Recepción confirmada',
  },
  bounced: 'Devuelto sin entregar',
  ways: {
    confirm: {
      heading: 'Confirmar la solicitud',
      text: ({ coolingOffDays }, say) =>
        `Con el código confirma que los datos deben eliminarse. Después tiene ${say.period(coolingOffDays)} para retirar la solicitud.`,
      label: 'Código del mensaje',
      hint: 'Ocho letras y cifras. Da igual si son mayúsculas o minúsculas.',
      button: 'Confirmar la eliminación',
      done: 'Su solicitud está confirmada. Ha empezado el plazo de reflexión.',
    },
    'new-code': {
      heading: 'Pedir un código nuevo',
      text: () => 'Enviamos un código nuevo a la dirección registrada. El anterior deja de valer.',
      button: 'Enviar un código nuevo',
      done: 'Un código nuevo va camino de la dirección registrada.',
    },
    object: {
      heading: 'Oponerse',
      text: () => 'El plazo se detiene hasta que se aclare el asunto. Mientras tanto no se elimina nada.',
      label: 'Sus motivos (opcional)',
      hint: 'Como máximo 2000 caracteres.',
      button: 'Oponerme',
      done: 'Su oposición ha llegado. El plazo está detenido.',
    },
    'keep-until': {
      heading: 'Conservar los datos más tiempo',
      text: () => 'No se elimina nada hasta el final del día que indique. Después empieza de nuevo el plazo completo.',
      label: 'Conservar hasta el',
      hint: 'Un día que no haya pasado.',
      button: 'Conservar los datos',
      done: 'Los datos se conservan hasta el día que ha indicado.',
    },
    extend: {
      heading: 'Aplazar la eliminación',
      text: () => 'El plazo termina el día que indique. Solo puede alargarse.',
      label: 'Nuevo último día para responder',
      hint: 'Un día posterior al actual.',
      button: 'Aplazar',
      done: 'La eliminación queda aplazada.',
    },
    cancel: {
      heading: 'Cancelar',
      text: ({ reason }) =>
        reason === 'customer-request'
          ? 'Retira su solicitud y no se elimina nada.'
          : 'El expediente termina y no se elimina nada.',
      label: 'Una nota para nosotros (opcional)',
      hint: 'Como máximo 2000 caracteres.',
      button: 'Cancelar la eliminación',
      done: 'El expediente está cancelado. No se elimina nada.',
    },
  },
  pay: {
    heading: 'Pagar',
    text: 'El pago de las facturas pendientes, recibido antes de que empiece la eliminación, la cancela.',
    quote: (invoices) => `Indique con el pago, por favor: ${invoices}.`,
    ask: (reach) => `Para conocer las formas de pago, escriba a ${reach}.`,
    button: 'Pagar ahora',
    leads: (host) => `Lleva a ${host}.`,
  },
  export: {
    heading: 'Obtener antes una copia',
    text: ({ sources, bytes }, say) =>
      `Hasta que empiece la eliminación puede descargar sus datos: la copia más reciente de ${sources.join(', ')}, en un archivo ZIP con una carpeta por fuente, ${say.bytes(bytes)} antes de comprimir. La descarga queda registrada.`,
    without: (names, reach) =>
      `No incluye: ${names}; de ello no tenemos ninguna copia que se pueda descargar. Escriba a ${reach}.`,
    ask: (reach) => `Antes de que se elimine nada puede recibir una copia completa de sus datos. Escriba a ${reach}.`,
    button: 'Descargar una copia (ZIP)',
    preparing: 'Su copia se está preparando. Pulse de nuevo «Descargar una copia» dentro de unos minutos.',
    ready: 'Su copia está lista; el enlace vale cinco minutos.',
    fetch: 'Obtener el archivo',
  },
  otherwise: (reach) => `También puede contactarnos en ${reach}.`,
  nothingToDo: 'Aquí no queda nada por hacer.',
  respond: 'Qué puede hacer al respecto',
  or: 'o',
  events: {
    open: 'Expediente abierto',
    authorise: 'Fundamento registrado',
    'new-code': 'Código nuevo enviado',
    confirm: 'Solicitud confirmada con el código',
    'wrong-code': 'Se introdujo un código equivocado',
    'notice-sent': 'Aviso entregado para su envío',
    'notice-level': 'Aviso recibido por el destinatario',
    'notice-recorded': 'Aviso entregado por otra vía',
    bounce: 'Un aviso fue devuelto sin entregar',
    'notify-contact': 'Aviso enviado de nuevo',
    'reminder-sent': 'Recordatorio enviado',
    dispute: 'Disputa registrada; el plazo se detiene',
    promise: 'Pago prometido; el plazo se detiene',
    settle: 'Asunto aclarado; el plazo continúa',
    'part-paid': 'Llegó un pago parcial',
    reversed: 'Pago devuelto',
    paid: 'Llegó el pago',
    object: 'Oposición; el plazo se detiene',
    extend: 'Eliminación aplazada',
    'keep-until': 'Los datos se conservan más tiempo',
    approve: 'Conformidad de una segunda persona',
    cancel: 'Expediente cancelado',
    'begin-erasure': 'Eliminación preparada',
    'begin-step': 'Empezó la destrucción',
    'remainder-found': 'Un resto no puede eliminarse todavía',
    certify: 'Certificado emitido',
    close: 'Expediente cerrado',
  },
  by: {
    customer: 'por usted',
    finance: 'por nuestra contabilidad',
    operator: 'por nosotros',
    system: 'automáticamente',
  },
  remainder: {
    intro: 'Todo lo demás está eliminado. Queda esto:',
    until: (when) => `previsiblemente eliminado a partir del ${when}`,
  },
  certificate: {
    intro: 'Conserve estos archivos sin modificarlos. Cualquiera puede comprobarlos, aquí o sin nosotros.',
    pdf: 'Descargar el certificado (PDF)',
    json: 'Descargar el certificado (JSON)',
    verify: 'Comprobar un certificado',
  },
  faults: ({ way, code }, view, say) => {
    if (code === 'empty') return 'Introduzca el código del mensaje.';
    if (code === 'wrong') {
      const left = view.confirmation?.triesLeft ?? 0;
      return `Este no es el código que enviamos. ${left === 1 ? 'Queda un intento.' : `Quedan ${say.number(left)} intentos.`}`;
    }
    if (code === 'gone')
      return 'Este código ya no vale: ha caducado o se introdujo mal demasiadas veces. Pida uno nuevo.';
    if (code === 'no-day') return 'Indique un día, como año-mes-día (2026-11-30).';
    if (code === 'past') return 'Ese día ya ha pasado. Indique hoy o un día posterior.';
    if (code === 'too-far')
      return `Indique el ${say.date(startOfDay(view.lastDay, view.timezone))} o un día anterior. Escríbanos si necesita más tiempo.`;
    if (code === 'not-later')
      return `Indique un día posterior al último día actual${view.clock === undefined ? '' : ` (${say.date(view.clock.dueAt)})`}.`;
    if (code === 'long') return 'Escriba como máximo 2000 caracteres.';
    if (way === 'export' && code === 'too-many')
      return 'Hoy ya se ha descargado una copia varias veces. Inténtelo mañana o escríbanos.';
    if (code === 'failed') return 'La copia no se ha podido preparar. Inténtelo dentro de unos minutos o escríbanos.';
    if (way === 'export' && code === 'not-now')
      return 'Ya no se puede descargar ninguna copia. Arriba puede ver cómo está el expediente.';
    if (code === 'too-many') return 'Hoy se han pedido demasiados códigos. Inténtelo mañana o escríbanos.';
    if (code === 'stale')
      return 'Esta página llevaba demasiado tiempo abierta, así que no se hizo nada. Envíelo una vez más, por favor.';
    return way === 'confirm' || way === 'new-code'
      ? 'Este expediente ya no espera ningún código. Arriba puede ver cómo está.'
      : 'Esto ya no es posible. Arriba puede ver cómo está el expediente.';
  },
  faultHead: 'No ha sido posible',
  doneHead: 'Hecho',
  footer: (company, zone) =>
    `${company} es responsable de esta página. Todas las horas son de la zona horaria ${zone}. No comparta su dirección: quien la tenga puede actuar en este expediente.`,
  gone: {
    head: 'Este enlace no lleva a ninguna parte',
    text: 'Puede estar incompleto, o el expediente puede haber terminado hace tiempo. Ábralo exactamente como figura en el mensaje, o escríbanos.',
  },
  later: {
    head: 'Inténtelo de nuevo en un momento',
    text: 'Algo no responde ahora mismo. No se ha cambiado nada.',
  },
  tooMany: {
    head: 'Demasiadas peticiones a la vez',
    text: 'En un minuto se ha pedido más de lo que esta página responde. No se ha cambiado nada. Espere un minuto e inténtelo de nuevo.',
  },
  tooLarge: {
    head: 'Es demasiado grande',
    text: 'Lo que ha enviado es más grande de lo que admite esta página. No se ha cambiado nada.',
  },
};
