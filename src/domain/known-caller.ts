/** Somebody who has come in over HTTP, and what they could do when they last did. */
export interface KnownCaller {
  /** As actors are told apart. */
  id: string;
  via: 'token' | 'api-key';
  scopes: string[];
  /** With `tenant:self`. */
  tenant?: string;
  firstAt: string;
  /** Exact to the hour. */
  lastAt: string;
}
