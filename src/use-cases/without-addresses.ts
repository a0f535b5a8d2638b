/**
 * What a mail server said, without the addresses that it quotes. Its words stay on record with the case, also after the tenant
 * and its contacts are erased; which contact it was about is told by the delivery.
 */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/[^\s<>()",;:]+@[^\s<>()",;:]+/g, '(address)');
}
