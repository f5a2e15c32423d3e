/** The environment's variables that describe an account. */
export function variablesOf(account: string): string[] {
  return ['USERNAME', 'PASSWORD', 'BASE_URL', 'PLATFORM'].map(
    (part) => `EMAG_${account.toUpperCase()}_${part}`,
  )
}
