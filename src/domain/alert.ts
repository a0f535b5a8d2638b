/** Something a person should look at. Alerts of the same kind and subject are one alert that counts. */
export interface Alert {
  id: string;
  kind: string;
  subject: string;
  tenant?: string;
  message: string;
  status: 'open' | 'acknowledged' | 'closed';
  count: number;
  openedAt: string;
  lastAt: string;
  /** When the operator was mailed; absent while the mail server has not taken it. */
  mailedAt?: string;
  acknowledgedBy?: string;
  closedAt?: string;
  cause?: string;
}
