/** Words that name a header which carries a credential, or something that can stand in for one. */
const TELLING =
  /auth|cookie|token|secret|passw|credential|signature|session|jwt|api-?key|access-?key|private/;

/** Whether a header may hold a credential, going by its name. Such a header is never logged, whoever asks for it. */
export function isCredentialHeader(name: string): boolean {
  return TELLING.test(name.toLowerCase());
}
