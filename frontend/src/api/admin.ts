const STORED_AS = "docuvault-admin-token";

/** What may stand in a header, which is all that a token can be made of. */
const SENDABLE = /^[\x21-\x7e]+$/;

/** The administrator's token of this tab; it is forgotten when the tab is closed. */
export const adminToken = {
  read: (): string | null => sessionStorage.getItem(STORED_AS),
  keep: (token: string): void => sessionStorage.setItem(STORED_AS, token),
  forget: (): void => sessionStorage.removeItem(STORED_AS),
};

export function isSendable(token: string): boolean {
  return SENDABLE.test(token);
}

export function bearer(token: string): string {
  return `Bearer ${token}`;
}
